--[[
increment: adds to a field that holds a whole number, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  window    ms until the session ends when left alone
ARGV[3]  max       bytes that the application's fields may take
ARGV[4]  field     absent counts as 0
ARGV[5]  by

Reply    { now, sum }; { now } when the field or the sum is no whole number below 2^53; { 0 } when the session is gone;
         { -1 } when it would be too large
]]
local absolute_end = absolute_end_of(KEYS[1])
if not absolute_end then return { 0 } end

local now = now_ms()
local text = redis.call('HGET', KEYS[1], ARGV[4]) or '0'
local sum = tonumber(text) and text:match('^-?%d+$') and tonumber(text) + tonumber(ARGV[5])
if not sum or math.abs(sum) > 9007199254740991 then return { now } end

local result = string.format('%.0f', sum)
if would_outgrow(KEYS[1], { [ARGV[4]] = #result }, tonumber(ARGV[3])) then return { -1 } end
redis.call('HSET', KEYS[1], ARGV[4], result)
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return { now, result }
