--[[
sign_in: creates a session for a user or replaces one, adds it to the user's index and enforces the limit

KEYS[1]  session   hash, the new one
KEYS[2]  index     sorted set, of the user
KEYS[3]  sessions  prefix of the keys of the shard's sessions
KEYS[4]  notices   prefix of the keys of the shard's notices
KEYS[5]  source    string, by a digest of the presented token; only with `source` in the intent

ARGV[1]  intent    JSON, in which unknown and unused members are absent:
                     handle, user
                     idle, absolute             ms; the timeouts
                     facts                      the end of the list of facts, after the times
                     device, address            of the client
                     createdAt, signedInAt      ms since 1970; now by default
                     absoluteEnd                ms since 1970; `absolute` from now by default
                     max, onExceed              the limit on sessions and what happens above it; no limit by default
                     replaces                   handle of the session to replace
                     keepData                   true to keep the fields of `replaces`, or absent
                     noticeTtl                  ms; the lifetime of an end notice
                     maxBytes                   the size limit of the application's fields
                     source                     nonce and ttl (ms), which KEYS[5] keeps for a repeated sign-in
ARGV[2]  notice    JSON, for evicted sessions
ARGV[3]  changes   the number of fields to set, their names and values in turn, then the names of fields to remove

Reply    { 'signed-in', now (ms), handles of evicted sessions, time of the latest other sign-in if sessions were evicted }
         { 'too-many', now (ms), handles of evicted sessions } if one run may not evict enough; the caller repeats the script
         { 'again', now (ms), handle, nonce, names and values of the session's fields in turn } if the client has repeated a
         sign-in; nothing changes
         { 'rejected', now (ms), { handle, listed values } of the latest live sessions } if the limit is reached; nothing
         changes
         { 'too-large', now (ms) } if the session would exceed the size limit; nothing changes
]]
local intent = cjson.decode(ARGV[1])
local now = now_ms()

-- The maximum number of sessions that one run examines, and so ends.
local MAX_EXAMINED = 100

local function key_of(handle) return KEYS[3] .. handle end

-- Returns by how many the index exceeds the limit, including the new session. The replaced session does not count. `live` is
-- the number of live sessions in the index.
local function surplus(live)
  if not intent.max then return 0 end
  local count = live + 1 - intent.max
  local ends = count > 0 and intent.replaces and redis.call('ZSCORE', KEYS[2], intent.replaces)
  if ends and tonumber(ends) >= now then count = count - 1 end
  return count
end

-- Returns the values of the listed fields, and the time of the last activity if this version can read the session.
local function read_listed(session)
  local values = listed_values(session)
  local facts, activity = facts_in(values[1]), list_in(values[2])
  if not facts or not is_time(facts.signed_in) then return values end
  if not activity or not is_time(activity[ACTIVITY_IDLE_MS]) then return values end
  local active = time_after(facts.created, activity[ACTIVITY_ACTIVE_AFTER])
  return values, is_time(active) and active or nil
end

-- Returns the session that an earlier attempt of the same sign-in has created, and its nonce, if the session is live and
-- still has its first token.
local function earlier_attempt()
  local kept = intent.source and redis.pcall('GET', KEYS[5])
  if type(kept) ~= 'string' then return nil end
  local handle, nonce = kept:match('^([^:]+):(.+)$')
  if not handle or not redis.call('ZSCORE', KEYS[2], handle) then return nil end
  local session = key_of(handle)
  if not is_session(session) or redis.call('HEXISTS', session, TOKEN) == 1 then return nil end
  local _, active = read_listed(session)
  if not active then return nil end
  return handle, nonce
end

-- Returns the live sessions with the listed fields, latest sign-in first, and the number of unreadable ones. Removes
-- expired sessions from the index. Sessions that this version cannot read do not count towards the limit, because the user
-- could not see and end them.
local function latest_sessions()
  local live, unreadable = {}, 0
  for _, mark in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(0', 'LIMIT', 0, MAX_EXAMINED)) do
    local handle = mark:sub(2)
    if not is_session(key_of(handle)) then
      unindex(KEYS[2], handle)
    elseif handle ~= intent.replaces then
      local values, active = read_listed(key_of(handle))
      if active then live[#live + 1] = { handle, values } else unreadable = unreadable + 1 end
    end
  end
  return live, unreadable
end

-- Returns the sessions to evict, in order. With `evict-oldest`, as many as necessary and one to spare. With `evict-idlest`,
-- the sessions that expire first, sorted by activity: the longest idle ones, unless their timeouts differ.
local function eviction_candidates(count)
  if intent.onExceed ~= 'evict-idlest' then
    local marks = redis.call('ZREVRANGEBYSCORE', KEYS[2], '(0', '-inf', 'LIMIT', 0, math.min(count, MAX_EXAMINED) + 1)
    for i, mark in ipairs(marks) do marks[i] = mark:sub(2) end
    return marks
  end
  local handles = redis.call('ZRANGEBYSCORE', KEYS[2], now, '+inf', 'LIMIT', 0, MAX_EXAMINED)
  local active = {}
  for _, handle in ipairs(handles) do
    active[handle] = is_session(key_of(handle)) and select(2, read_listed(key_of(handle))) or 0
  end
  table.sort(handles, function(one, other)
    if active[one] == active[other] then return one < other end
    return active[one] < active[other]
  end)
  return handles
end

local function end_users_session(handle, notice)
  end_session(key_of(handle), KEYS[2], KEYS[4] .. handle, handle, notice, intent.noticeTtl, now)
end

-- Evicts as many sessions as necessary, or as one run may. Returns their handles, and true if an entry was removed from the
-- index: an entry without a session makes room too, unless it has expired and did not count.
local function make_room(count)
  local evicted, left = {}, math.min(count, MAX_EXAMINED)
  for _, handle in ipairs(eviction_candidates(count)) do
    if left == 0 then break end
    if handle ~= intent.replaces then
      left = left - 1
      if is_session(key_of(handle)) then
        end_users_session(handle, ARGV[2])
        evicted[#evicted + 1] = handle
      else
        unindex(KEYS[2], handle)
      end
    end
  end
  return evicted, left < math.min(count, MAX_EXAMINED)
end

local first, nonce = earlier_attempt()
if first then return { 'again', now, first, nonce, redis.call('HGETALL', key_of(first)) } end

-- The key of the replaced session, if the new session keeps its data and it is anonymous or belongs to this user.
local inherited = nil
local inherited_facts = intent.replaces and intent.keepData and facts_of(key_of(intent.replaces))
if inherited_facts then
  local is_this_users = redis.call('HEXISTS', key_of(intent.replaces), USER_ID) == 1
  if not is_this_users or redis.call('ZSCORE', KEYS[2], intent.replaces) then inherited = key_of(intent.replaces) end
end
if would_outgrow(inherited, lengths_after(3), intent.maxBytes) then return { 'too-large', now } end

-- A write that needs no memory comes first: after it, a server whose memory is full accepts the script's other writes.
redis.call('ZREM', KEYS[2], intent.handle)
-- Each session has two entries, so an index with two for each live session names no expired one.
local entries = redis.call('ZCARD', KEYS[2])
local live = entries > 0 and count_live(KEYS[2], now) or 0
if entries ~= 2 * live then drop_expired(KEYS[2], now) end

local count = surplus(live)
if count > 0 and intent.onExceed == 'reject' then
  local latest, unreadable = latest_sessions()
  count = surplus(count_live(KEYS[2], now)) - unreadable
  if count > 0 then return { 'rejected', now, latest } end
end

local evicted, latest = {}, nil
if count > 0 then
  local has_removed
  latest = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
  evicted, has_removed = make_room(count)
  if has_removed and surplus(count_live(KEYS[2], now)) > 0 then return { 'too-many', now, evicted } end
end

if intent.replaces then
  if inherited then
    redis.call('RENAME', inherited, KEYS[1])
    redis.call('HDEL', KEYS[1], DEVICE, ADDRESS)
    forget_rotation(KEYS[1], inherited_facts)
  end
  end_users_session(intent.replaces, REPLACED)
end

local created = intent.createdAt or now
local absolute_end = intent.absoluteEnd or now + intent.absolute
local signed_in = intent.signedInAt or now
local values = {
  FACTS, facts_text(created, absolute_end, signed_in, intent.facts),
  ACTIVITY, activity_text(created, intent.idle, now),
  USER_ID, intent.user,
}
local function add(field, value)
  if value then values[#values + 1], values[#values + 2] = field, value end
end
add(DEVICE, intent.device)
add(ADDRESS, intent.address)
redis.call('HSET', KEYS[1], unpack(values))
apply_changes(KEYS[1], 3)
local ends = keep_alive(KEYS[1], window_of(intent.idle), absolute_end, now)
keep_indexed(KEYS[2], intent.handle, ends, signed_in, now)
if intent.source then
  redis.call('SET', KEYS[5], intent.handle .. ':' .. intent.source.nonce, 'PX', intent.source.ttl)
end
return { 'signed-in', now, evicted, latest and -tonumber(latest) }
