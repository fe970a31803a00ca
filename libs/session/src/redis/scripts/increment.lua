--[[
increment: adds to a field that holds a whole number, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  window    ms until the session ends when left alone
ARGV[3]  field     absent counts as 0
ARGV[4]  by

Reply    { now, sum }; { now } when the field or the sum is no whole number below 2^53; { 0 } when the session is gone
]]
local absolute_end = absolute_end_of(KEYS[1])
if not absolute_end then return { 0 } end

local now = now_ms()
local text = redis.call('HGET', KEYS[1], ARGV[3]) or '0'
local sum = tonumber(text) and text:match('^-?%d+$') and tonumber(text) + tonumber(ARGV[4])
if not sum or math.abs(sum) > 9007199254740991 then return { now } end

local result = string.format('%.0f', sum)
redis.call('HSET', KEYS[1], ARGV[3], result)
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return { now, result }
