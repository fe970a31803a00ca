--[[
regenerate: gives a live session a new id within its shard

KEYS[1]  session   hash, under the old id
KEYS[2]  gone      string, of the old id
KEYS[3]  index     sorted set, of the session's user, or of nobody
KEYS[4]  session   hash, under the new id

ARGV[1]  intent    JSON: from and to (handles), idle (ms), keepData (true or absent), notice, noticeTtl (ms)

Reply    now (ms), or 0 when the session is gone
]]
local intent = cjson.decode(ARGV[1])
local now = now_ms()
local is_nobodys = redis.call('HEXISTS', KEYS[1], FACTS.userId) == 0
local index = not is_nobodys and KEYS[3] or nil
local absolute_end = living(KEYS[1], index, intent.from, intent.noticeTtl, now)
if not absolute_end then return 0 end

redis.call('RENAME', KEYS[1], KEYS[4])
if not intent.keepData then
  for _, name in ipairs(redis.call('HKEYS', KEYS[4])) do
    if is_application_field(name) then redis.call('HDEL', KEYS[4], name) end
  end
end
forget_rotation(KEYS[4])

local since = redis.call('ZSCORE', KEYS[3], mark_of(intent.from))
unindex(KEYS[3], intent.from)
if since then redis.call('ZADD', KEYS[3], since, mark_of(intent.to)) end
record_activity(KEYS[4], index, intent.to, intent.idle, absolute_end, now)
-- A walk over all keys may miss one whose name changes meanwhile, and finds it by an index, whose name does not. That of
-- nobody has its sessions until their absolute ends, because their later activity does not come by it.
if is_nobodys then
  drop_ended(KEYS[3], now)
  redis.call('ZADD', KEYS[3], absolute_end, intent.to)
  expire_index(KEYS[3])
end
leave_notice(KEYS[2], intent.notice, intent.noticeTtl, now)
return now
