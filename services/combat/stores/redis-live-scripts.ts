/**
 * Scripts of the live store in Redis. Each is one step for everybody else, and compares the epoch before it writes.
 * Of each session there is a hash and a stream; {braces} put both into one slot:
 *   combat:{<id>}:state    epoch; cur, curSeq, prev, prevSeq (checkpoints); published; trimmed; journal (1: was begun);
 *                          top (the newest entry's number), at (when it was written, seconds of this server's clock); older
 *                          releases left these two out
 *   combat:{<id>}:journal  one entry per JournalEntry, id <lastSeq>-1, field b
 * Law: a script that is carried out twice, or late, does what once and in time would have done, or nothing.
 * Why several sessions in one script: a turn writes all sessions of a process, and one command for 16 of them costs
 * the process a third of what 16 commands cost. Sessions are told apart all the same: what is wrong with one of them
 * is its own answer and stops no other.
 */
import type { ChainableCommander, Redis } from "ioredis";

/** 1 kept, 2 fenced, 3 missing, 4 stale; a text says what is wrong and at which key. */
export type ScriptVerdict = number | string;

export const WRITE_KEYS = 2;

/** A session's share of the arguments: epoch, entrySeq, entry, checkpointSeq, checkpoint, trimSeq, publishedSeq, afterSeq. */
export type WriteArguments = readonly [string, string, Buffer | "", string, Buffer | "", string, string, string];

/*
 * Why "missing" for an entry that came too late to be put in: a call that failed (full memory, a disk that is
 * full) may be followed by one that did not. Given again, the first would otherwise count as kept and be in no journal.
 * So an entry that is not above the newest one counts as kept when it is there, or is not needed any more: trimmed, or
 * published and within a checkpoint. Else the owner hears that the store has lost track, and opens the session anew
 * with all of it; its journal then begins with what the owner gives. The same when a journal's stream is gone.
 */
const WRITE = `
local function at(key, reply)
  if string.find(reply.err, 'READONLY', 1, true) then error(reply.err) end -- Of the server, not of this session.
  return reply.err .. ' at ' .. key
end

local now = redis.call('TIME')[1]

local function covers(reached, seq)
  return reached and reached ~= '' and tonumber(reached) >= tonumber(seq)
end

local function write(opens, state, journal, epoch, entrySeq, entry, checkSeq, checkpoint, trimSeq, published, afterSeq)
  local held = redis.pcall('HMGET', state, 'epoch', 'curSeq', 'published', 'trimmed', 'journal', 'top')
  if held.err then return at(state, held) end
  local known, curSeq, begun, top = held[1], held[2], held[5], held[6]
  if not known then
    if not opens then return 3 end
    redis.call('DEL', journal)
  elseif known ~= epoch then
    return tonumber(known) > tonumber(epoch) and 2 or 4
  elseif not opens and afterSeq ~= '' and (top or not begun) then
    if not (covers(top, afterSeq) or covers(curSeq, afterSeq) or covers(held[3], afterSeq)) then return 4 end
  end

  local change = {'HSET', state, 'at', now}
  local function set(field, value)
    change[#change + 1] = field
    change[#change + 1] = value
  end
  if not known then set('epoch', epoch) end

  local newer = checkSeq ~= '' and (not curSeq or tonumber(checkSeq) >= tonumber(curSeq))
  local cur = newer and (opens and checkpoint or curSeq and redis.call('HGET', state, 'cur'))
  if not opens and cur == checkpoint and curSeq == checkSeq then newer = false end
  if entrySeq ~= '' then
    local id = entrySeq .. '-1'
    local added
    if begun and not opens then
      added = redis.pcall('XADD', journal, 'NOMKSTREAM', id, 'b', entry)
      if not added then return 3 end
    else
      added = redis.pcall('XADD', journal, id, 'b', entry)
    end
    if added.err then
      if not string.find(added.err, 'equal or smaller', 1, true) then return at(journal, added) end
      local found = redis.call('XRANGE', journal, id, id)[1]
      local there = found and (not opens or found[2][2] == entry)
      local inCheckpoint = covers(curSeq, entrySeq) or covers(newer and checkSeq, entrySeq)
      local isPublished = covers(held[3], entrySeq) or covers(published, entrySeq)
      if not (there or covers(held[4], entrySeq) or inCheckpoint and isPublished) then
        if not opens then return 3 end
        if not covers(checkSeq, entrySeq) then return 'a later entry is there already at ' .. journal end
        redis.call('DEL', journal)
        added = redis.call('XADD', journal, id, 'b', entry)
      end
    end
    if not begun then set('journal', '1') end
    if not added.err then set('top', entrySeq) end
  end
  if trimSeq ~= '' then
    local trimmed = redis.pcall('XTRIM', journal, 'MINID', string.format('%.0f', trimSeq + 1))
    if type(trimmed) == 'table' and trimmed.err then return at(journal, trimmed) end
    if not covers(held[4], trimSeq) then set('trimmed', trimSeq) end
  end
  if newer then
    if cur then
      set('prev', cur)
      set('prevSeq', opens and checkSeq or curSeq)
    end
    set('cur', checkpoint)
    set('curSeq', checkSeq)
  end
  if published ~= '' and not covers(held[3], published) then set('published', published) end
  redis.call(unpack(change))
  redis.call('PERSIST', state)
  redis.call('PERSIST', journal)
  return 1
end

local verdicts = {}
for i = 1, #KEYS / 2 do
  local a = 8 * (i - 1) + 1
  verdicts[i] = write(ARGV[1] == 'open', KEYS[2 * i - 1], KEYS[2 * i],
    ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5], ARGV[a + 6], ARGV[a + 7], ARGV[a + 8])
end
return verdicts
`;

/** Answers 2 or 3, or {cur, curSeq, prev, prevSeq, published, 1 where a journal was begun and its stream is gone}. */
const TAKE = `
local held = redis.call('HGET', KEYS[1], 'epoch')
if not held then return 3 end
if tonumber(held) > tonumber(ARGV[1]) then return 2 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1])
redis.call('PERSIST', KEYS[1])
redis.call('PERSIST', KEYS[2])
local kept = redis.call('HMGET', KEYS[1], 'cur', 'curSeq', 'prev', 'prevSeq', 'published', 'journal')
if kept[6] then kept[6] = 1 - redis.call('EXISTS', KEYS[2]) end
return kept
`;

const FINISH = `
local held = redis.call('HGET', KEYS[1], 'epoch')
if not held then return 3 end
if tonumber(held) > tonumber(ARGV[1]) then return 2 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
`;

/** ARGV: from which id on, how many at most, how many bytes are enough; 1 for the newest where there is none from there on. */
const ENTRIES = `
local found, bytes, from = {}, 0, ARGV[1]
while #found < tonumber(ARGV[2]) and bytes < tonumber(ARGV[3]) do
  local some = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 16)
  for i = 1, #some do
    found[#found + 1] = some[i]
    bytes = bytes + #some[i][2][2]
  end
  if #some < 16 then break end
  from = '(' .. some[16][1]
end
if #found == 0 and ARGV[4] == '1' then return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1) end
return found
`;

type Argument = string | number | Buffer;

export type LivePipeline = ChainableCommander & { liveWrite(...parts: Argument[]): LivePipeline };

export type LiveRedis = Omit<Redis, "pipeline"> & {
  pipeline(): LivePipeline;
  liveTakeBuffer(...parts: Argument[]): Promise<number | (Buffer | number | null)[]>;
  liveFinish(...parts: Argument[]): Promise<number>;
  liveEntriesBuffer(...parts: Argument[]): Promise<[id: Buffer, fields: Buffer[]][]>;
};

/** The connection with the scripts as commands. A server that forgot one is sent its text again by the client. */
export function withLiveScripts(redis: Redis): LiveRedis {
  redis.defineCommand("liveWrite", { lua: WRITE }); // The number of keys comes first, for it varies.
  redis.defineCommand("liveTake", { lua: TAKE, numberOfKeys: WRITE_KEYS });
  redis.defineCommand("liveFinish", { lua: FINISH, numberOfKeys: WRITE_KEYS });
  redis.defineCommand("liveEntries", { lua: ENTRIES, numberOfKeys: 1 });
  return redis as unknown as LiveRedis;
}
