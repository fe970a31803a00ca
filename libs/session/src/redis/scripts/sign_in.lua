--[[
sign_in: creates or replaces a session, indexes it under its user and enforces the limit, all or nothing

KEYS[1]  session   hash, the new one
KEYS[2]  index     sorted set, of the user
KEYS[3]  sessions  what the keys of the shard's sessions begin with
KEYS[4]  gones     what the keys of the shard's notices begin with
KEYS[5]  source    string, by a digest of the token that the client showed; with `source` only

ARGV[1]  intent    JSON: version, handle, user, window, idle, absolute (ms), persistent (true or absent),
                   device, address, createdAt (each absent where unknown), signedInAt (absent: now), absoluteEnd
                   (absent: after `absolute`), own (absent: nothing), max (absent: no limit), onExceed, replaces
                   (handle or absent), keepData (true or absent: the fields of `replaces` go over),
                   evictedNotice, replacedNotice, noticeTtl (ms), facts (names of the fields to report), maxBytes
                   (that the application's fields may take), source (absent: this sign-in stands by itself): nonce
                   and ttl (ms) of what is kept in KEYS[5]
ARGV[2]  changes   how many fields are set, their names and values in turn, then the names of those to remove

Reply    { 'signed-in', now, handles of evicted sessions }
         { 'too-many', now, handles of evicted sessions }: more must make room than one run may end, so run it again
         { 'again', now, handle, nonce, fields of the session and their values }: the client has sent its sign-in
         twice, and nothing has changed
         { 'rejected', now, { handle, facts } of some of the live sessions }, and nothing has changed
         { 'too-large', now }, and nothing has changed
]]
local intent = cjson.decode(ARGV[1])
local now = now_ms()

-- The most sessions that one run looks at, and so ends.
local LOOK = 100

local function key_of(handle) return KEYS[3] .. handle end

-- How many sessions are one too many, by what the index says. The one that is replaced does not count.
local function surplus()
  if not intent.max then return 0 end
  local count = redis.call('ZCOUNT', KEYS[2], now, '+inf') + 1 - intent.max
  local ends = intent.replaces and redis.call('ZSCORE', KEYS[2], intent.replaces)
  if ends and tonumber(ends) >= now then count = count - 1 end
  return count
end

-- Whether this version can read a session, and so list it.
local function is_readable(session)
  local facts = redis.call('HMGET', session, FACTS.version, FACTS.createdAt, FACTS.lastActiveAt, FACTS.idleMs,
    FACTS.absoluteEndAt, FACTS.signedInAt)
  if facts[1] ~= intent.version then return false end
  for i = 2, 6 do
    if not facts[i] or not facts[i]:match('^%d+$') or tonumber(facts[i]) == 0 then return false end
  end
  return true
end

-- The session that the same sign-in began when it came first, and its nonce, if the session lives with its first token.
local function begun_before()
  local kept = intent.source and redis.pcall('GET', KEYS[5])
  if type(kept) ~= 'string' then return nil end
  local handle, nonce = kept:match('^([^:]+):(.+)$')
  if not handle or not redis.call('ZSCORE', KEYS[2], handle) then return nil end
  local session = key_of(handle)
  if not is_there(session) or not is_readable(session) then return nil end
  if redis.call('HEXISTS', session, ROTATION.current) == 1 then return nil end
  return handle, nonce
end

-- The live sessions with what is to be reported of them, the latest sign-in first. Drops from the index those that are
-- gone, and leaves out those that this version cannot read: nobody could see and end what fills the limit.
local function look_at_latest()
  local live, unreadable = {}, 0
  for _, mark in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(0', 'LIMIT', 0, LOOK)) do
    local handle = mark:sub(2)
    if not is_there(key_of(handle)) then
      unindex(KEYS[2], handle)
    elseif handle ~= intent.replaces then
      local facts = redis.call('HMGET', key_of(handle), unpack(intent.facts))
      if is_readable(key_of(handle)) then live[#live + 1] = { handle, facts } else unreadable = unreadable + 1 end
    end
  end
  return live, unreadable
end

-- Those that are first to make room. By the sign-in: just as many as must. By activity: the best of those that end
-- first, which are those that were idle longest unless their timeouts differ.
local function first_to_go(count)
  if intent.onExceed ~= 'evict-idlest' then
    local marks = redis.call('ZREVRANGEBYSCORE', KEYS[2], '(0', '-inf', 'LIMIT', 0, math.min(count, LOOK) + 1)
    for i, mark in ipairs(marks) do marks[i] = mark:sub(2) end
    return marks
  end
  local handles = redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf', 'LIMIT', 0, LOOK)
  local active = {}
  for _, handle in ipairs(handles) do
    active[handle] = is_there(key_of(handle)) and tonumber(redis.call('HGET', key_of(handle), FACTS.lastActiveAt)) or 0
  end
  table.sort(handles, function(one, other)
    if active[one] == active[other] then return one < other end
    return active[one] < active[other]
  end)
  return handles
end

local function end_users(handle, notice)
  end_session(key_of(handle), KEYS[2], KEYS[4] .. handle, handle, notice, intent.noticeTtl, now)
end

-- Ends as many sessions as are too many, or as one run may. An entry whose session is gone makes room, too, unless its
-- time has passed and it did not count. Says in the second place whether anything was taken out of the index.
local function make_room(count)
  local evicted, left = {}, math.min(count, LOOK)
  for _, handle in ipairs(first_to_go(count)) do
    if left == 0 then break end
    if handle ~= intent.replaces then
      left = left - 1
      if is_there(key_of(handle)) then
        end_users(handle, intent.evictedNotice)
        evicted[#evicted + 1] = handle
      else
        unindex(KEYS[2], handle)
      end
    end
  end
  return evicted, left < math.min(count, LOOK)
end

local first, nonce = begun_before()
if first then return { 'again', now, first, nonce, redis.call('HGETALL', key_of(first)) } end

-- What goes over to the new session: the key of the one that it replaces, if that is this user's and is kept.
local inherited = nil
if intent.replaces and intent.keepData and absolute_end_of(key_of(intent.replaces)) then
  local is_users = redis.call('HEXISTS', key_of(intent.replaces), FACTS.userId) == 1
  if not is_users or redis.call('ZSCORE', KEYS[2], intent.replaces) then inherited = key_of(intent.replaces) end
end
if would_outgrow(inherited or KEYS[1], lengths_after(2), intent.maxBytes) then return { 'too-large', now } end

-- A write that takes no memory, in front of those that do: a server whose memory is full lets them pass after it.
redis.call('ZREM', KEYS[2], intent.handle)
drop_ended(KEYS[2], now)

local count = surplus()
if count > 0 and intent.onExceed == 'reject' then
  local live, unreadable = look_at_latest()
  count = surplus() - unreadable
  if count > 0 then return { 'rejected', now, live } end
end

local evicted = {}
if count > 0 then
  local has_dropped
  evicted, has_dropped = make_room(count)
  if has_dropped and surplus() > 0 then return { 'too-many', now, evicted } end
end

if intent.replaces then
  if inherited then
    redis.call('RENAME', inherited, KEYS[1])
    redis.call('HDEL', KEYS[1], FACTS.device, FACTS.address, FACTS.persistent, FACTS.own)
    forget_rotation(KEYS[1])
  end
  end_users(intent.replaces, intent.replacedNotice)
end

local absolute_end = intent.absoluteEnd or now + intent.absolute
local signed_in = intent.signedInAt or now
redis.call('HSET', KEYS[1], FACTS.version, intent.version, FACTS.createdAt, intent.createdAt or now,
  FACTS.lastActiveAt, now, FACTS.idleMs, intent.idle, FACTS.absoluteEndAt, absolute_end, FACTS.userId, intent.user,
  FACTS.signedInAt, signed_in)
if intent.device then redis.call('HSET', KEYS[1], FACTS.device, intent.device) end
if intent.address then redis.call('HSET', KEYS[1], FACTS.address, intent.address) end
if intent.persistent then redis.call('HSET', KEYS[1], FACTS.persistent, '1') end
if intent.own then redis.call('HSET', KEYS[1], FACTS.own, intent.own) end
apply_changes(KEYS[1], 2)
redis.call('ZADD', KEYS[2], -signed_in, mark_of(intent.handle))
keep_alive(KEYS[1], KEYS[2], intent.handle, intent.window, absolute_end, now)
if intent.source then
  redis.call('SET', KEYS[5], intent.handle .. ':' .. intent.source.nonce, 'PX', intent.source.ttl)
end
return { 'signed-in', now, evicted }
