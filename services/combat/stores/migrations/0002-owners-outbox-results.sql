-- Who owns each session; what records told and nobody has published for certain; how matches ended for whom.

alter table combat_sessions add column owner text not null default '';
update combat_sessions set record = record || '{"owner": "", "lastSeq": 0}';

-- What a look for sessions without an owner reads, every few seconds: a small part of a table that only grows.
drop index combat_sessions_unfinished;
create index combat_sessions_unfinished on combat_sessions (created_at_ms, id) include (owner)
  where status in ('waiting', 'active', 'paused');

-- Events in the order their records told them. A row goes when its event is published.
create table combat_outbox (
  session_id    uuid    not null references combat_sessions (id) on delete cascade,
  version       integer not null,
  position      integer not null,
  body          jsonb   not null,
  written_at_ms bigint  not null,
  primary key (session_id, version, position)
);

-- One row per player of a session that was played to its end; `won` says that the player's team did. Damage is in
-- hundredths of a point. Without a reference to the session: results may be kept longer than records.
create table player_results (
  session_id    uuid    not null,
  player_id     uuid    not null,
  team_id       text    not null,
  won           boolean not null,
  kills         integer not null,
  deaths        integer not null,
  assists       integer not null,
  damage_dealt  bigint  not null,
  damage_taken  bigint  not null,
  shots_fired   integer not null,
  shots_hit     integer not null,
  headshots     integer not null,
  ended_at_ms   bigint  not null,
  primary key (session_id, player_id)
);

-- One player's matches, newest first; and all players' of a span of time.
create index player_results_by_player on player_results (player_id, ended_at_ms desc);
create index player_results_by_time on player_results (ended_at_ms);

insert into player_results
select s.id, p."playerId", p."teamId", coalesce(p."teamId" = s.record ->> 'winnerTeamId', false),
  p.kills, p.deaths, p.assists, p."damageDealt", p."damageTaken", p."shotsFired", p."shotsHit", p.headshots,
  (s.record ->> 'endedAtMs')::bigint
from combat_sessions s, jsonb_to_recordset(s.record -> 'participants') as p(
  "playerId" uuid, "teamId" text, kills integer, deaths integer, assists integer, "damageDealt" bigint,
  "damageTaken" bigint, "shotsFired" integer, "shotsHit" integer, headshots integer)
where s.status = 'ended' and s.record ->> 'endedAtMs' is not null;
