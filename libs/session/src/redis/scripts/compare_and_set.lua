--[[
compare_and_set: sets a field if it still holds what is expected, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  window    ms until the session ends when left alone
ARGV[3]  max       bytes that the application's fields may take
ARGV[4]  field
ARGV[5]  expected  '+' and the text, or '-' for absent
ARGV[6]  next      '+' and the text, or '-' to remove the field

Reply    { now, 'set' }; { now, 'changed', text or nil }; { 0 } when the session is gone; { -1 } when it would be too
         large
]]
local absolute_end = absolute_end_of(KEYS[1])
if not absolute_end then return { 0 } end

local now = now_ms()
local text = redis.call('HGET', KEYS[1], ARGV[4])
if (text and '+' .. text or '-') ~= ARGV[5] then return { now, 'changed', text } end

if ARGV[6] == '-' then
  redis.call('HDEL', KEYS[1], ARGV[4])
elseif would_outgrow(KEYS[1], { [ARGV[4]] = #ARGV[6] - 1 }, tonumber(ARGV[3])) then
  return { -1 }
else
  redis.call('HSET', KEYS[1], ARGV[4], ARGV[6]:sub(2))
end
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return { now, 'set' }
