--[[
commit: applies changes to the fields of a live session and records activity; with no changes it is a touch

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle
ARGV[2]  window    ms until the session ends when left alone
ARGV[3]  max       bytes that the application's fields may take
ARGV[4]  changes   how many fields are set, their names and values in turn, then the names of those to remove

Reply    now (ms); 0 when the session is gone; -1 when it would be too large, and nothing has changed
]]
local absolute_end = absolute_end_of(KEYS[1])
if not absolute_end then return 0 end

if ARGV[4] ~= '0' and would_outgrow(KEYS[1], lengths_after(4), tonumber(ARGV[3])) then return -1 end

local now = now_ms()
apply_changes(KEYS[1], 4)
record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), absolute_end, now)
return now
