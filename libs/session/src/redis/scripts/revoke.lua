--[[
revoke: ends a session, even one that this version cannot read; leaves no notice if there is no session

KEYS[1]  session   hash
KEYS[2]  notice    string, of the session
KEYS[3]  indexes   prefix of the keys of the shard's indexes

ARGV[1]  handle    the session's key within its shard
ARGV[2]  notice    JSON
ARGV[3]  noticeTtl ms; the lifetime of an end notice
ARGV[4]  owner     '+' and a user to end the session only if it belongs to this user, or '-' to end it in any case
ARGV[5]  before    ms since 1970, to end the session only if it began earlier; omitted to end it in any case

Reply    { now (ms), the session's user }; the user is empty if the session was anonymous
         { now (ms) } if there is no session, if it belongs to another user, or if it began at `before` or later
]]
-- Returns true if the session is known to have begun at `time` or later. A session that this version cannot read is not.
local function has_begun_since(time, user)
  local facts = facts_of(KEYS[1])
  local began = facts and (user and facts.signed_in or not user and facts.created)
  return is_time(began) and began >= time
end

local now = now_ms()
if not is_session(KEYS[1]) then return { now } end

local user = redis.call('HGET', KEYS[1], USER_ID)
if ARGV[4] ~= '-' and (not user or ARGV[4] ~= '+' .. user) then return { now } end
if ARGV[5] and has_begun_since(tonumber(ARGV[5]), user) then return { now } end

user = user or ''
end_session(KEYS[1], KEYS[3] .. user, KEYS[2], ARGV[1], ARGV[2], ARGV[3], now)
return { now, user }
