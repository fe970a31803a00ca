--[[
sign_in: creates or replaces a session, indexes it under its user and enforces the limit, all or nothing

KEYS[1]  session   hash, the new one
KEYS[2]  index     sorted set, of the user
KEYS[3]  sessions  what the keys of the shard's sessions begin with
KEYS[4]  gones     what the keys of the shard's notices begin with

ARGV[1]  intent    JSON: version, handle, user, window, idle, absolute (ms), persistent (true or absent),
                   device, address, createdAt (each absent where unknown), max (absent: no limit), onExceed,
                   replaces (handle or absent), keepData (true or absent: the fields of `replaces` go over),
                   evictedNotice, replacedNotice, noticeTtl (ms), facts (names of the fields to report)
ARGV[2]  changes   how many fields are set, their names and values in turn, then the names of those to remove

Reply    { 'signed-in', now, handles of evicted sessions }
         { 'rejected', now, { handle, facts ... } of each live session }, and nothing has changed
]]
local intent = cjson.decode(ARGV[1])
local now = now_ms()

local function by_age(field)
  local ages = {}
  return function(one, other)
    for _, handle in ipairs({ one, other }) do
      ages[handle] = ages[handle] or tonumber(redis.call('HGET', KEYS[3] .. handle, field)) or 0
    end
    if ages[one] == ages[other] then return one < other end
    return ages[one] < ages[other]
  end
end

local function end_session(handle, notice)
  redis.call('DEL', KEYS[3] .. handle)
  redis.call('ZREM', KEYS[2], handle)
  leave_notice(KEYS[4] .. handle, notice, intent.noticeTtl, now)
end

local others = {}
for _, handle in ipairs(live_handles(KEYS[2], KEYS[3], now)) do
  if handle ~= intent.replaces then others[#others + 1] = handle end
end

local surplus = intent.max and #others + 1 - intent.max or 0
if surplus > 0 and intent.onExceed == 'reject' then
  local live = {}
  for i, handle in ipairs(others) do
    live[i] = { handle, redis.call('HMGET', KEYS[3] .. handle, unpack(intent.facts)) }
  end
  return { 'rejected', now, live }
end

local evicted = {}
table.sort(others, by_age(intent.onExceed == 'evict-idlest' and 'a' or 't'))
for i = 1, surplus do
  evicted[i] = others[i]
  end_session(others[i], intent.evictedNotice)
end

if intent.replaces then
  if intent.keepData and absolute_end_of(KEYS[3] .. intent.replaces) then
    redis.call('RENAME', KEYS[3] .. intent.replaces, KEYS[1])
    redis.call('HDEL', KEYS[1], 'd', 'l', 'k')
    forget_rotation(KEYS[1])
  end
  end_session(intent.replaces, intent.replacedNotice)
end

local absolute_end = now + intent.absolute
redis.call('HSET', KEYS[1], 'v', intent.version, 'c', intent.createdAt or now, 'a', now, 'i', intent.idle,
  'x', absolute_end, 'u', intent.user, 't', now)
if intent.device then redis.call('HSET', KEYS[1], 'd', intent.device) end
if intent.address then redis.call('HSET', KEYS[1], 'l', intent.address) end
if intent.persistent then redis.call('HSET', KEYS[1], 'k', '1') end
apply_changes(KEYS[1], 2)
keep_alive(KEYS[1], KEYS[2], intent.handle, intent.window, absolute_end, now)
return { 'signed-in', now, evicted }
