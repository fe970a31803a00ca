--[[
create: creates an anonymous session

KEYS[1]  session   hash

ARGV[1]  intent    JSON: facts (the end of the list of facts, after the times), idle (ms; the idle timeout), absolute (ms; the
                   absolute timeout), maxBytes (the size limit of the application's fields)
ARGV[2]  changes   the number of fields to set, then their names and values in turn

Reply    now (ms)
         0 if the key exists already
         -1 if the session would exceed the size limit
]]
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end

local intent = cjson.decode(ARGV[1])
if would_outgrow(nil, lengths_after(2), intent.maxBytes) then return -1 end

local now = now_ms()
local absolute_end = now + intent.absolute

redis.call('HSET', KEYS[1], FACTS, facts_text(now, absolute_end, nil, intent.facts),
  ACTIVITY, activity_text(now, intent.idle, now))
apply_changes(KEYS[1], 2)
keep_alive(KEYS[1], window_of(intent.idle), absolute_end, now)
return now
