--[[
regenerate: gives a live session a new id within its shard

KEYS[1]  session   hash, under the old id
KEYS[2]  session   hash, under the new id
KEYS[3]  gone      string, of the old id
KEYS[4]  index     sorted set, of the session's user, or of nobody

ARGV[1]  intent    JSON: from and to (handles), window (ms), keepData (true or absent), notice, noticeTtl (ms)

Reply    now (ms), or 0 when the session is gone
]]
local absolute_end = absolute_end_of(KEYS[1])
if not absolute_end then return 0 end

local intent = cjson.decode(ARGV[1])
local now = now_ms()

redis.call('RENAME', KEYS[1], KEYS[2])
if not intent.keepData then
  for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
    if name:sub(1, 1) == '.' then redis.call('HDEL', KEYS[2], name) end
  end
end
forget_rotation(KEYS[2])
redis.call('ZREM', KEYS[4], intent.from)
local is_nobodys = redis.call('HEXISTS', KEYS[2], 'u') == 0
record_activity(KEYS[2], not is_nobodys and KEYS[4] or nil, intent.to, intent.window, absolute_end, now)
-- A walk over all keys may miss one whose name changes meanwhile, and finds it by an index, whose name does not. That of
-- nobody has its sessions until their absolute ends, because their later activity does not come by it.
if is_nobodys then
  redis.call('ZADD', KEYS[4], absolute_end, intent.to)
  expire_index(KEYS[4])
end
leave_notice(KEYS[3], intent.notice, intent.noticeTtl, now)
return now
