--[[
compare_and_set: sets a field if it still holds what is expected, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  window    ms until the session ends when left alone
ARGV[3]  field
ARGV[4]  expected  '+' and the text, or '-' for absent
ARGV[5]  next      '+' and the text, or '-' to remove the field

Reply    { now, 'set' }; { now, 'changed', text or nil }; { 0 } when the session is gone
]]
local absolute_end = absolute_end_of(KEYS[1])
if not absolute_end then return { 0 } end

local now = now_ms()
local text = redis.call('HGET', KEYS[1], ARGV[3])
if (text and '+' .. text or '-') ~= ARGV[4] then return { now, 'changed', text } end

if ARGV[5] == '-' then
  redis.call('HDEL', KEYS[1], ARGV[3])
else
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[5]:sub(2))
end
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return { now, 'set' }
