--[[
create: makes a session that nobody is signed in to

KEYS[1]  session   hash

ARGV[1]  intent    JSON: version, window (ms until it ends when left alone), idle (ms), absolute (ms),
                   persistent (true or absent), maxBytes (that the application's fields may take)
ARGV[2]  changes   how many fields are set, then their names and values in turn

Reply    now (ms); 0 when the key is taken; -1 when it would be too large
]]
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end

local intent = cjson.decode(ARGV[1])
if would_outgrow(KEYS[1], lengths_after(2), intent.maxBytes) then return -1 end

local now = now_ms()
local absolute_end = now + intent.absolute

redis.call('HSET', KEYS[1], FACTS.version, intent.version, FACTS.createdAt, now, FACTS.lastActiveAt, now,
  FACTS.idleMs, intent.idle, FACTS.absoluteEndAt, absolute_end)
if intent.persistent then redis.call('HSET', KEYS[1], FACTS.persistent, '1') end
apply_changes(KEYS[1], 2)
keep_alive(KEYS[1], nil, nil, intent.window, absolute_end, now)
return now
