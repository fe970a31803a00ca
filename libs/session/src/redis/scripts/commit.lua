--[[
commit: applies changes to the fields of a live session, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; omitted if the session is anonymous

ARGV[1]  handle    the session's key within its shard
ARGV[2]  idle      ms; the new idle timeout; 0 to leave the recorded activity as it is
ARGV[3]  noticeTtl ms; the lifetime of an end notice
ARGV[4]  max       bytes; the size limit of the application's fields
ARGV[5]  changes   the number of fields to set, their names and values in turn, then the names of fields to remove

Reply    now (ms)
         0 if there is no live session
         -1 if the session would exceed the size limit; nothing changes
]]
local now = now_ms()
local facts = facts_if_live(KEYS[1], KEYS[2], ARGV[1], ARGV[3], now)
if not facts then return 0 end

if ARGV[5] ~= '0' and would_outgrow(KEYS[1], lengths_after(5), tonumber(ARGV[4])) then return -1 end

apply_changes(KEYS[1], 5)
if ARGV[2] ~= '0' then record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), facts, now) end
return now
