--[[
compare_and_set: sets a field if its value is the expected one, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; omitted if the session is anonymous

ARGV[1]  handle    the session's key within its shard
ARGV[2]  idle      ms; the new idle timeout
ARGV[3]  noticeTtl ms; the lifetime of an end notice
ARGV[4]  max       bytes; the size limit of the application's fields
ARGV[5]  field
ARGV[6]  expected  '+' and the text, or '-' for an absent field
ARGV[7]  next      '+' and the text, or '-' to remove the field

Reply    { now (ms), 'set' }
         { now (ms), 'changed', text or nil } if the field has another value; nothing changes
         { 0 } if there is no live session
         { -1 } if the session would exceed the size limit; nothing changes
]]
local now = now_ms()
local facts = facts_if_live(KEYS[1], KEYS[2], ARGV[1], ARGV[3], now)
if not facts then return { 0 } end

local text = redis.call('HGET', KEYS[1], ARGV[5])
if (text and '+' .. text or '-') ~= ARGV[6] then return { now, 'changed', text } end

if ARGV[7] == '-' then
  redis.call('HDEL', KEYS[1], ARGV[5])
elseif would_outgrow(KEYS[1], { [ARGV[5]] = #ARGV[7] - 1 }, tonumber(ARGV[4])) then
  return { -1 }
else
  redis.call('HSET', KEYS[1], ARGV[5], ARGV[7]:sub(2))
end
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), facts, now)
return { now, 'set' }
