--[[
commit: applies changes to the fields of a live session, and records activity

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; omitted if the session is anonymous

ARGV[1]  handle    the session's key within its shard
ARGV[2]  idle      ms; the new idle timeout; 0 to leave the recorded activity as it is
ARGV[3]  noticeTtl ms; the lifetime of an end notice
ARGV[4]  max       bytes; the size limit of the application's fields
ARGV[5]  read      digest of the fields that the caller has read, to learn whether they have changed; empty otherwise
ARGV[6]  changes   the number of fields to set, their names and values in turn, then the names of fields to remove

Reply    now (ms)
         { now (ms), 1 } if the fields were not those that the caller had read
         0 if there is no live session
         -1 if the session would exceed the size limit; nothing changes
]]
local now = now_ms()
local facts = facts_if_live(KEYS[1], KEYS[2], ARGV[1], ARGV[3], now)
if not facts then return 0 end

if ARGV[6] ~= '0' and would_outgrow(KEYS[1], lengths_after(6), tonumber(ARGV[4])) then return -1 end

local is_newer = ARGV[5] ~= '' and digest_of_fields(KEYS[1]) ~= ARGV[5]
apply_changes(KEYS[1], 6)
if ARGV[2] ~= '0' then record_activity(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), facts, now) end
return is_newer and { now, 1 } or now
