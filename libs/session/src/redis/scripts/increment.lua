--[[
increment: adds to a field that holds an integer, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; omitted if the session is anonymous

ARGV[1]  handle    the session's key within its shard
ARGV[2]  idle      ms; the new idle timeout
ARGV[3]  noticeTtl ms; the lifetime of an end notice
ARGV[4]  max       bytes; the size limit of the application's fields
ARGV[5]  field     an absent field counts as 0
ARGV[6]  by        integer

Reply    { now (ms), sum }
         { now (ms) } if the field or the sum is not an integer below 2^53 in magnitude; nothing changes
         { 0 } if there is no live session
         { -1 } if the session would exceed the size limit; nothing changes
]]
local now = now_ms()
local facts = facts_if_live(KEYS[1], KEYS[2], ARGV[1], ARGV[3], now)
if not facts then return { 0 } end

local text = redis.call('HGET', KEYS[1], ARGV[5]) or '0'
local sum = tonumber(text) and text:match('^-?%d+$') and tonumber(text) + tonumber(ARGV[6])
if not sum or math.abs(sum) > 9007199254740991 then return { now } end

local result = string.format('%.0f', sum)
if would_outgrow(KEYS[1], { [ARGV[5]] = #result }, tonumber(ARGV[4])) then return { -1 } end
redis.call('HSET', KEYS[1], ARGV[5], result)
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), facts, now)
return { now, result }
