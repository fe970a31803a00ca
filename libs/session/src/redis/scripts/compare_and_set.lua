--[[
compare_and_set: sets a field if it still holds what is expected, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  idle      ms, the idle timeout from now on
ARGV[3]  noticeTtl ms
ARGV[4]  max       bytes that the application's fields may take
ARGV[5]  field
ARGV[6]  expected  '+' and the text, or '-' for absent
ARGV[7]  next      '+' and the text, or '-' to remove the field

Reply    { now, 'set' }; { now, 'changed', text or nil }; { 0 } when the session is gone; { -1 } when it would be too
         large
]]
local now = now_ms()
local absolute_end = living(KEYS[1], KEYS[2], ARGV[1], ARGV[3], now)
if not absolute_end then return { 0 } end

local text = redis.call('HGET', KEYS[1], ARGV[5])
if (text and '+' .. text or '-') ~= ARGV[6] then return { now, 'changed', text } end

if ARGV[7] == '-' then
  redis.call('HDEL', KEYS[1], ARGV[5])
elseif would_outgrow(KEYS[1], { [ARGV[5]] = #ARGV[7] - 1 }, tonumber(ARGV[4])) then
  return { -1 }
else
  redis.call('HSET', KEYS[1], ARGV[5], ARGV[7]:sub(2))
end
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return { now, 'set' }
