--[[
regenerate: gives a live session a new id within its shard

KEYS[1]  session   hash, under the old id
KEYS[2]  notice    string, of the old id
KEYS[3]  index     sorted set, of the session's user, or of anonymous sessions
KEYS[4]  session   hash, under the new id

ARGV[1]  intent    JSON: from and to (handles), idle (ms; the new idle timeout), keepData (true or absent), noticeTtl (ms; the
                   lifetime of an end notice)

Reply    now (ms)
         0 if there is no live session
]]
local intent = cjson.decode(ARGV[1])
local now = now_ms()
local is_anonymous = redis.call('HEXISTS', KEYS[1], USER_ID) == 0
local index = not is_anonymous and KEYS[3] or nil
local facts = facts_if_live(KEYS[1], index, intent.from, intent.noticeTtl, now)
if not facts then return 0 end

redis.call('RENAME', KEYS[1], KEYS[4])
if not intent.keepData then
  for _, name in ipairs(redis.call('HKEYS', KEYS[4])) do
    if is_application_field(name) then redis.call('HDEL', KEYS[4], name) end
  end
end
forget_rotation(KEYS[4], facts)

local since = redis.call('ZSCORE', KEYS[3], mark_of(intent.from))
unindex(KEYS[3], intent.from)
if since then redis.call('ZADD', KEYS[3], since, mark_of(intent.to)) end
record_activity(KEYS[4], index, intent.to, intent.idle, facts, now)
-- A walk over all keys may miss a key that is renamed meanwhile, and finds the session by an index, whose key stays. The
-- index of anonymous sessions scores them by their absolute ends, because their later activity does not update it, and
-- their marks by their creation.
if is_anonymous then
  drop_expired(KEYS[3], now)
  redis.call('ZADD', KEYS[3], facts.absolute_end, intent.to, -facts.created, mark_of(intent.to))
  expire_index(KEYS[3])
end
leave_notice(KEYS[2], REPLACED, intent.noticeTtl, now)
return now
