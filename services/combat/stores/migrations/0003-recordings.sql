-- What went into matches, in parts (recording.proto). Without a reference to the session: a recording has its own time.
create table session_recordings (
  session_id    uuid    not null,
  epoch         integer not null,
  part          integer not null,
  first_tick    integer not null,
  last_tick     integer not null,
  -- Why no further part follows in this epoch; null for all but the last.
  ending        text,
  content       bytea   not null,
  content_bytes integer not null,
  written_at_ms bigint  not null,
  primary key (session_id, epoch, part)
);

-- What is old goes, oldest first.
create index session_recordings_by_age on session_recordings (written_at_ms);
