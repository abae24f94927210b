/** Every cap of the combat service, and what happens at it. Settings that operators turn are in config.ts. */

/** Seats that play at once; joining beyond is SESSION_FULL. From the game's contract. */
export const PLAYERS_MAX = 50;
/** Who names a team may make it lead the smallest by this many; more is INVALID_ARGUMENT, and no team named finds room. */
export const TEAM_LEAD_MAX = 2;
/** Seats a session ever had, those who left included; joining beyond is SESSION_FULL. Bounds the record. */
export const SEATS_EVER_MAX = 200;
/** Spectators of one session; one more is TOO_MANY_SPECTATORS. */
export const SPECTATORS_MAX = 2000;
/** Sessions hosted by one process; creating beyond is UNAVAILABLE. */
export const SESSIONS_MAX = 2000;

/** Actions of one player between two ticks; more are refused as RATE_LIMITED. */
export const ACTIONS_PER_TICK_MAX = 8;
/** Actions of one player that wait for the abilities service, and those after them; more are refused as RATE_LIMITED. */
export const ACTIONS_HELD_MAX = 16;
/** Of these, abilities that are asked about at once; more are refused as RATE_LIMITED. */
export const ABILITIES_ASKED_MAX = 4;
/** Position updates of one player between two ticks; more are answered RATE_LIMITED. What a network held back may come at
 *  once; how many are too many over time is a check of the simulation (rate). */
export const MOVES_PER_TICK_MAX = 256;

/** Event frames a session keeps for clients that come back; older ones are forgotten, and a resume from before
 *  them is answered with session_state. At 30 events a second this is about half a minute, the default grace. */
export const HISTORY_FRAMES_MAX = 1024;
/** The same in bytes. */
export const HISTORY_BYTES_MAX = 256 * 1024;
/** State frames of a session leave as changes come while they are few, at most so many closer together than the interval, so that
 *  nobody waits for nobody; else evenly, 60 a second, and changes in between travel together. */
export const STATES_AT_ONCE_MAX = 6;
export const STATE_INTERVAL_MS = 1000 / 60;
/** A session in which nothing stirs is looked at so often all the same, for what waits for its time. */
export const STILL_LOOK_MS = 250;
/** A session that nobody is connected to for this long is cancelled. */
export const UNATTENDED_MS_MAX = 30 * 60_000;
/** How long a returning client's first message is awaited before it gets session_state, milliseconds. */
export const RESUME_WAIT_MS = 1000;

/** Who enters, and what those say, waits until what was told is kept; beyond this it does not wait. */
export const UNTIL_SHOWN_MAX = 10_000;
/** After such a wait, milliseconds, the session's ticks are skipped until nobody waits any more. */
export const UNTIL_SHOWN_MS_MAX = 100;

/** Ticks made up for after a stall; the rest of the lost time is skipped, so that no burst follows. */
export const CATCH_UP_TICKS_MAX = 5;
/** How long ticks of a match in which nothing happens are put off, to be taken together: apart, each costs ten times as much. */
export const PUT_OFF_MS = 200;
/** Matches whose ticks were put off are taken some together, so often: a turn of the event loop costs as much as some ticks. */
export const PUT_OFF_STEP_MS = 8;
/** Of the time, all ticks of a process together: beyond, the costliest sessions are slowed; with less than the second figure they are let
 *  go again; from the third on, new sessions are refused (UNAVAILABLE). What ticks tell takes its part of the time to deliver, too. */
export const TICKS_SHARE_MAX = 0.7;
export const TICKS_SHARE_EASY = 0.5;
export const TICKS_SHARE_ADMITTING_MAX = 0.6;
/** How often that is looked at. */
export const LOAD_LOOK_MS = 1000;
/** A session whose ticks are longer than this gets that share of the time at most, whatever else there is to do. */
export const TICK_LONG_MS = 4;
export const TICK_LONG_SHARE_MAX = 0.005;
/** Idempotency keys of damage calls remembered per session; the oldest is forgotten. */
export const DAMAGE_KEYS_MAX = 1024;
/** Damage calls waiting for one tick of a session; more are RATE_LIMITED. */
export const DAMAGE_PER_TICK_MAX = 256;

/** Between two checkpoints of an active session, and of any other. What a takeover may lose of poses is at most this. */
export const CHECKPOINT_MS = 1000;
export const CHECKPOINT_IDLE_MS = 5000;
/** Checkpoints written in one turn of the keeper, about 50 µs each; when more are due, a part of them, the oldest first. */
export const CHECKPOINTS_AT_ONCE = 8;
export const CHECKPOINT_SPREAD_TURNS = 8;
/** A live copy that was not written for longer is not read from; its record is. Some of CHECKPOINT_IDLE_MS. */
export const LIVE_READ_AGE_MS_MAX = 15_000;
/** How often the keeper looks for what is due. Often, so that events wait behind a few checkpoints: 50 ms made half as much P99 again. */
export const KEEPER_TURN_MS = 10;
/** Not having run for longer than this, a process asks whose its sessions are before it shows anything. Below LEASE_MS. */
export const ASLEEP_MS = 1500;
/** While the live store is away: how often it is asked. */
export const AWAY_RETRY_MS = 250;
/** Sessions written again as a whole in one call, after the live store was away. The rest follows in the next turn. */
export const REWRITE_SESSIONS_MAX = 32;
/** Events of a session in one such write, about 250 bytes each; the rest follows in further writes. */
export const REWRITE_PART_EVENTS = 1000;
/** Events in one such call, of all its sessions; whoever does not fit stays degraded until the next. About 1 MB: a call that
 *  does not come through in time is made again, and must not be larger each time. */
export const REWRITE_EVENTS_MAX = 4000;
/** What a session's state counts as in that. */
export const REWRITE_STATE_EVENTS = 40;
/** At the end of a process all is written again, at most so often; what is left then is degraded. */
export const REWRITE_PASSES_MAX = 1000;
/** While the live store is away: how often the records are asked whether sessions have moved. */
export const OWNERSHIP_CHECK_MS = 1000;
/** How often published outbox rows are taken out. */
export const SETTLE_MS = 500;
/** How long the live store keeps a session that is over, for reads elsewhere. */
export const OVER_IN_LIVE_STORE_MS = 10 * 60_000;
/** And one that is published but not settled: then its owner is gone, and so long nobody came. */
export const OVER_UNSETTLED_MS = 24 * 60 * 60_000;
/** Sessions that are over and wait to be published or settled without being hosted any more, some 300 bytes each; beyond,
 *  they are hosted until they are done. */
export const LEAVING_MAX = 50_000;

/** How often an instance says that it lives. */
export const BEAT_MS = 500;
/** An instance that was not heard for this long while the directory answered is dead; its sessions are taken over. */
export const LEASE_MS = 2500;
/** Silence of the directory beyond which nobody's silence counts: an instance may have had no way to be heard. */
export const DIRECTORY_GAP_MS = 1200;
/** Dead runs are forgotten after this. */
export const DEAD_RUN_MS = 60_000;
/** How often an instance looks for sessions without an owner, whatever the directory says. */
export const SWEEP_MS = 5000;
/** Sessions claimed and restored together. The others follow. */
export const RESTORE_SESSIONS_MAX = 64;

/** How often the outbox is counted, which also tells whether the records can be reached. */
export const OUTBOX_COUNT_MS = 2000;

/** Pause before a record that could not be saved is tried again. */
export const SAVE_RETRY_MS = 1000;
/** Lifecycle calls waiting for one session; more are refused with UNAVAILABLE. */
export const COMMANDS_WAITING_MAX = 64;

/** Events in memory awaiting publication, about 400 bytes each. Beyond it they stay in the journals and are read from
 *  there; where no journal has them the oldest are given up, counted and logged as a gap. */
export const PUBLISH_QUEUE_MAX = 200_000;
/** Samples (positions, records of shots) awaiting publication; beyond it the oldest are given up, counted, and the next of
 *  its kind says how many. */
export const SAMPLES_WAITING_MAX = 10_000;
/** Samples gather for so long before they are published, unless events take them along. */
export const SAMPLES_TURN_MS = 50;
/** Shots of one session that wait for their record, and for their shooters; beyond it the oldest go, counted. */
export const SHOTS_WAITING_MAX = 1024;
/** Kinds of findings of one session that wait for their record; beyond it a further one is given up, counted. */
export const FINDINGS_WAITING_MAX = 256;
/** A record of findings is made when the first has waited so long. */
export const FINDINGS_RECORD_MS = 1000;
/** A record of shots is made when so many wait, or the first has waited so long. */
export const SHOTS_PER_RECORD = 256;
export const SHOTS_RECORD_MS = 1000;
/** Events in one publication. */
export const PUBLISH_BATCH_MAX = 1000;
/** Pause before a failed publication is tried again, first and longest. */
export const PUBLISH_RETRY_MS = { first: 100, longest: 5000 } as const;

/** Items awaiting one relay stream's back-pressure; beyond it the stream is ended, its gateway comes back. */
export const OUTLET_ITEMS_MAX = 50_000;
/** Messages awaiting the reader of one Play or Watch call; beyond it the call ends with RATE_LIMITED. */
export const CALL_ITEMS_MAX = 2000;
/** Connections of one relay stream; further ones are refused with UNAVAILABLE. */
export const CONNECTIONS_PER_STREAM_MAX = 50_000;
/** Items on their way to a gateway that it has not handled; with more, states of its sessions wait and merge, for so long at most:
 *  a gateway that handles 4,000 items a second is then 60 ms behind, and not seconds. */
export const RELAY_UNDERWAY_MAX = 256;
export const STATE_CONGESTED_MS = 250;
/** A longer round trip that a gateway tells is taken as this. */
export const ROUND_TRIP_MS_MAX = 10_000;
/** Messages kept of a connection that is still being let in; further ones are dropped. */
export const EARLY_INPUTS_MAX = 16;
/** Sessions of a process whose records are kept in memory after they are over, for reads right after the end. */
export const OVER_KEPT_MS = 30_000;

/** Between two cuts of a recording: what a crash takes of it is at most this, and a turn. */
export const RECORDING_PART_MS = 10_000;
/** How often parts of recordings are packed and stored, those of all sessions together; of 500 sessions, a dozen parts in a turn. */
export const RECORDING_TURN_MS = 250;
/** Bytes of recordings in one write. More goes into the next: the embedded store holds the process up for 8 ms with these. */
export const RECORDING_BATCH_BYTES_MAX = 128 * 1024;
/** Bytes of recordings that wait for the record store. A recording whose part does not fit ends there, and says so. */
export const RECORDING_WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** How long a stop waits for the last parts of recordings. */
export const RECORDING_CLOSE_MS_MAX = 5000;
/** How often old recordings are looked for, and how many are deleted in a turn; the rest goes with the turns after. */
export const RECORDINGS_SWEEP_MS = 60_000;
export const RECORDINGS_DELETED_MAX = 25;
