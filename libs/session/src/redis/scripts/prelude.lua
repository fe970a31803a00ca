-- Functions that several scripts use. Each script is preceded by those that it uses, because each run creates them anew:
-- blank lines separate definitions. Names in capitals are those of record.ts, in whose place stand their values: the fields of
-- a session (FACTS), positions in their lists (FACTS_CREATED_AT), LAYOUT_VERSION and APPLICATION_FIELD.

-- The notice of a session that continues under another id.
local REPLACED = '{"reason":"replaced"}'

-- The maximum number of arguments that one command gets, because Lua unpacks no list of any length. Even, because names
-- and values come in turn.
local MAX_UNPACKED = 1000

-- Returns the time by this server's clock, in milliseconds since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- An index has two entries for each session: its handle, scored by the end of the session, and its mark, scored by the
-- negative time of the sign-in; see regenerate for anonymous sessions. So ZCOUNT counts live sessions, and the marks are in
-- list order, latest sign-in first.
local function mark_of(handle) return '@' .. handle end

-- Removes a session from an index.
local function unindex(index, handle)
  redis.call('ZREM', index, handle, mark_of(handle))
end

-- An index lives as long as the last of its sessions.
local function expire_index(index)
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', index, last[2]) end
end

-- Returns the number of live sessions in an index.
local function count_live(index, now)
  return redis.call('ZCOUNT', index, string.format('%d', now), '+inf')
end

-- Drops expired entries of an index: a hundred at most, so that no call pays for all that have accumulated.
local function drop_expired(index, now)
  local ended = redis.call('ZRANGEBYSCORE', index, 0, string.format('(%d', now), 'LIMIT', 0, 100)
  for _, handle in ipairs(ended) do unindex(index, handle) end
end

-- True if a field of the hash is one of the application's.
local function is_application_field(name) return name:sub(1, #APPLICATION_FIELD) == APPLICATION_FIELD end

-- True if a key holds a session, even one that this version cannot read.
local function is_session(session)
  return redis.call('TYPE', session).ok == 'hash'
end

-- Returns the list in the text of a field; nil if the text is false or no list.
local function list_in(text)
  if not text then return nil end
  local is_json, list = pcall(cjson.decode, text)
  return is_json and type(list) == 'table' and list or nil
end

local function is_time(value) return type(value) == 'number' and value > 0 and value < math.huge end

-- Returns the time `after` ms after the creation of a session; nil if `after` is absent.
local function time_after(created, after) return type(after) == 'number' and created + after or nil end

-- Returns the times in the text of a session's facts, in ms since 1970: created, absolute_end, and signed_in unless the
-- session is anonymous; nil if the facts are malformed or of another layout.
local function facts_in(text)
  local list = list_in(text)
  if not list or list[FACTS_VERSION] ~= LAYOUT_VERSION or not is_time(list[FACTS_CREATED_AT]) then return nil end
  local created = list[FACTS_CREATED_AT]
  local absolute_end = time_after(created, list[FACTS_ENDS_AFTER])
  if not is_time(absolute_end) then return nil end
  return { created = created, absolute_end = absolute_end, signed_in = time_after(created, list[FACTS_SIGNED_IN_AFTER]) }
end

-- Returns the values of fields of a session; none if the key holds another type.
local function values_of(session, ...)
  local values = redis.pcall('HMGET', session, ...)
  if not values.err then return values end
  return is_session(session) and redis.call('HMGET', session, ...) or {}
end

-- Returns the facts of a session, and the text of its previous token as previous_token; nil if the key holds no session that
-- this version can read.
local function facts_of(session)
  local texts = values_of(session, FACTS, PREVIOUS_TOKEN)
  local facts = facts_in(texts[1])
  if facts then facts.previous_token = texts[2] end
  return facts
end

-- Returns the values of the fields that a list of sessions shows, in the order of LISTED in record.ts.
local function listed_values(session)
  return redis.call('HMGET', session, FACTS, ACTIVITY, USER_ID, DEVICE, ADDRESS)
end

-- Returns the text of a new session's facts: the times, and `rest`, the end of the list. `signed_in` is nil for an anonymous
-- session.
local function facts_text(created, absolute_end, signed_in, rest)
  local times = string.format('[%d,%d,%d', LAYOUT_VERSION, created, absolute_end - created)
  if signed_in then return times .. string.format(',%d', signed_in - created) .. rest end
  return times .. (rest == ']' and '' or ',null') .. rest
end

-- Returns the text of a session's activity.
local function activity_text(created, idle, now) return string.format('[%d,%d]', now - created, idle) end

-- Returns the text of a session's previous token. `valid_after` is nil until the client has presented the current token, and
-- `nonce` is nil after the grace period. Both strings are base64url, so JSON needs no escapes.
local function previous_text(valid_after, verifier, nonce)
  local text = string.format('[%s,"%s"', valid_after and string.format('%d', valid_after) or 'null', verifier)
  return text .. (nonce and string.format(',"%s"]', nonce) or ']')
end

-- Returns the notice key of `other`, a session in the shard of this one. Scripts that rarely use a notice do not list its
-- key in KEYS: the key is usually absent, and while a slot migrates, a Cluster rejects a script that lists absent keys
-- beside present ones.
local function notice_key_beside(session, handle, other)
  return session:sub(1, -#handle - 1) .. 'gone:' .. other
end

-- Stores the notice of a session's end under `key` for `ttl` ms.
local function leave_notice(key, notice, ttl, now)
  redis.call('SET', key, string.format('%d', now) .. ':' .. notice, 'PX', ttl)
end

-- Ends a session: deletes it, takes it out of its index (nil: it is in none) and leaves a notice for `ttl` ms.
local function end_session(session, index, notice_key, handle, notice, ttl, now)
  redis.call('DEL', session)
  if index then unindex(index, handle) end
  leave_notice(notice_key, notice, ttl, now)
end

-- Returns the facts of a live session; nil if there is none. A user's session lives only while its index names it: a session
-- that the index does not name was revoked, or is missing from its user's list and limit, and ends here. `index` is nil for
-- an anonymous session.
local function facts_if_live(session, index, handle, ttl, now)
  local facts = facts_of(session)
  if not facts or not index or redis.call('ZSCORE', index, handle) then return facts end
  end_session(session, nil, notice_key_beside(session, handle, handle), handle, '{"reason":"revoked"}', ttl, now)
  return nil
end

-- Lets a session live for `window` ms more, though never past its absolute end. Returns the time of its end.
local function keep_alive(session, window, absolute_end, now)
  local ends = math.min(now + window, absolute_end)
  redis.call('PEXPIREAT', session, string.format('%d', ends))
  return ends
end

-- Lets the entry of a session in an index, and the index, live until the end of the session. `signed_in` is the time of the
-- sign-in if the session is new in the index, otherwise nil.
local function keep_indexed(index, handle, ends, signed_in, now)
  local score = string.format('%d', ends)
  if signed_in then
    redis.call('ZADD', index, score, handle, string.format('%d', -signed_in), mark_of(handle))
  else
    redis.call('ZADD', index, score, handle)
  end
  local left = redis.call('PTTL', index)
  if left < 0 or now + left <= ends then redis.call('PEXPIREAT', index, score) end
end

-- Drops the nonce of a rotation whose grace is over: with it, the holder of the old token can compute the new one.
local function drop_spent_nonce(session, facts, now)
  local previous = list_in(facts.previous_token)
  local grace_end = previous and time_after(facts.created, previous[PREVIOUS_TOKEN_VALID_AFTER])
  if not grace_end or grace_end > now or not previous[PREVIOUS_TOKEN_NONCE] then return end
  local text = previous_text(previous[PREVIOUS_TOKEN_VALID_AFTER], previous[PREVIOUS_TOKEN_VERIFIER])
  redis.call('HSET', session, PREVIOUS_TOKEN, text)
end

-- Returns how long a session lives without activity: its idle timeout and the tenth of it that may pass unrecorded.
local function window_of(idle) return idle + math.floor(idle * 0.1) end

-- Records activity in a live session, whose idle timeout is `idle` from now on. PEXPIREAT comes first: a server whose memory
-- is full rejects HSET in a script unless an earlier command of the script has written without taking memory. So a session
-- in use does not expire then.
local function record_activity(session, index, handle, idle, facts, now)
  local ends = keep_alive(session, window_of(idle), facts.absolute_end, now)
  if index then keep_indexed(index, handle, ends, nil, now) end
  -- A session whose absolute end has just passed no longer exists, and a field would make a key that never expires.
  if is_session(session) then
    redis.call('HSET', session, ACTIVITY, activity_text(facts.created, idle, now))
    drop_spent_nonce(session, facts, now)
  end
end

-- Resets the rotation of a session that moves to another id: it begins with an original token again.
-- `facts` are those read before.
local function forget_rotation(session, facts)
  redis.call('HDEL', session, TOKEN, PREVIOUS_TOKEN)
  facts.previous_token = nil
end

-- True if the application's fields, names and values, would take more than `max` bytes. `lengths` has the new length of each
-- changed field; false removes the field. `session` is nil if the fields are all that the session will have. Fields that do
-- not grow need no sum over all fields.
local function would_outgrow(session, lengths, max)
  local bytes = 0
  local is_growing = not session
  for name, length in pairs(lengths) do
    if length then
      bytes = bytes + #name - 1 + length
      is_growing = is_growing or length == 0 or redis.call('HSTRLEN', session, name) < length
    end
  end
  if not session or not is_growing then return is_growing and bytes > max end
  for _, name in ipairs(redis.call('HKEYS', session)) do
    if is_application_field(name) and lengths[name] == nil then
      bytes = bytes + #name - 1 + redis.call('HSTRLEN', session, name)
    end
  end
  return bytes > max
end

-- Returns a digest of the application's fields, which does not depend on their order. The digests of the fields are sorted,
-- and not the fields, because Lua compares texts by the locale of the server.
local function digest_of_fields(session)
  local texts, flat = {}, redis.call('HGETALL', session)
  for i = 1, #flat, 2 do
    if is_application_field(flat[i]) then texts[#texts + 1] = redis.sha1hex(flat[i] .. '=' .. flat[i + 1]) end
  end
  table.sort(texts)
  return redis.sha1hex(table.concat(texts))
end

-- Returns the lengths of the changed fields. `first` is as for `apply_changes`.
local function lengths_after(first)
  local lengths = {}
  local removed = first + 1 + 2 * tonumber(ARGV[first])
  for i = first + 1, removed - 1, 2 do lengths[ARGV[i]] = #ARGV[i + 1] end
  for i = removed, #ARGV do lengths[ARGV[i]] = false end
  return lengths
end

-- Applies changes to the application's fields. ARGV from `first` on: how many fields are set, their names and values
-- in turn, then the names of those to remove.
local function apply_changes(session, first)
  local removed = first + 1 + 2 * tonumber(ARGV[first])
  for i = first + 1, removed - 1, MAX_UNPACKED do
    redis.call('HSET', session, unpack(ARGV, i, math.min(i + MAX_UNPACKED, removed) - 1))
  end
  for i = removed, #ARGV, MAX_UNPACKED do
    redis.call('HDEL', session, unpack(ARGV, i, math.min(i + MAX_UNPACKED - 1, #ARGV)))
  end
end
