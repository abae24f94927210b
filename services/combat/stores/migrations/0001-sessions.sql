-- Sessions as their owner last wrote them. Columns are what statements look for; `record` is the whole.
create table combat_sessions (
  id             uuid    primary key,
  version        integer not null check (version >= 1),
  epoch          integer not null check (epoch >= 0),
  status         text    not null check (status in ('waiting', 'active', 'paused', 'ended', 'cancelled')),
  game_mode      text    not null,
  is_private     boolean not null,
  host_player_id uuid    not null,
  player_ids     uuid[]  not null,
  created_at_ms  bigint  not null,
  record         jsonb   not null
);

-- Pages: newest first, then by id.
create index combat_sessions_by_age on combat_sessions (created_at_ms desc, id);

-- What a starting instance takes up again: a small part of a table that only grows.
create index combat_sessions_unfinished on combat_sessions (created_at_ms)
  where status in ('waiting', 'active', 'paused');

-- Who asked for what under which key. A key names the session that was made of it.
create table idempotency_keys (
  caller        text   not null,
  key           text   not null,
  fingerprint   text   not null,
  session_id    uuid   not null references combat_sessions (id) on delete cascade deferrable initially deferred,
  created_at_ms bigint not null,
  primary key (caller, key)
);

create index idempotency_keys_by_age on idempotency_keys (created_at_ms);
