--[[
regenerate: gives a live session a new id within its shard

KEYS[1]  session   hash, under the old id
KEYS[2]  session   hash, under the new id
KEYS[3]  gone      string, of the old id
KEYS[4]  index     sorted set, of the session's user; not given for a session of nobody

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
if KEYS[4] then redis.call('ZREM', KEYS[4], intent.from) end
record_activity(KEYS[2], KEYS[4], intent.to, intent.window, absolute_end, now)
leave_notice(KEYS[3], intent.notice, intent.noticeTtl, now)
return now
