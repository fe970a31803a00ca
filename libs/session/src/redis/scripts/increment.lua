--[[
increment: adds to a field that holds a whole number, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  idle      ms, the idle timeout from now on
ARGV[3]  noticeTtl ms
ARGV[4]  max       bytes that the application's fields may take
ARGV[5]  field     absent counts as 0
ARGV[6]  by

Reply    { now, sum }; { now } when the field or the sum is no whole number below 2^53; { 0 } when the session is gone;
         { -1 } when it would be too large
]]
local now = now_ms()
local absolute_end = living(KEYS[1], KEYS[2], ARGV[1], ARGV[3], now)
if not absolute_end then return { 0 } end

local text = redis.call('HGET', KEYS[1], ARGV[5]) or '0'
local sum = tonumber(text) and text:match('^-?%d+$') and tonumber(text) + tonumber(ARGV[6])
if not sum or math.abs(sum) > 9007199254740991 then return { now } end

local result = string.format('%.0f', sum)
if would_outgrow(KEYS[1], { [ARGV[5]] = #result }, tonumber(ARGV[4])) then return { -1 } end
redis.call('HSET', KEYS[1], ARGV[5], result)
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return { now, result }
