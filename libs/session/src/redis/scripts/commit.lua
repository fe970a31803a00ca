--[[
commit: applies changes to the fields of a live session and records activity; with no changes it is a touch

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  idle      ms, the idle timeout from now on
ARGV[3]  noticeTtl ms
ARGV[4]  max       bytes that the application's fields may take
ARGV[5]  changes   how many fields are set, their names and values in turn, then the names of those to remove

Reply    now (ms); 0 when the session is gone; -1 when it would be too large, and nothing has changed
]]
local now = now_ms()
local absolute_end = living(KEYS[1], KEYS[2], ARGV[1], ARGV[3], now)
if not absolute_end then return 0 end

if ARGV[5] ~= '0' and would_outgrow(KEYS[1], lengths_after(5), tonumber(ARGV[4])) then return -1 end

apply_changes(KEYS[1], 5)
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return now
