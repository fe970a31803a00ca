--[[
revoke: ends one session, also one that this version cannot read, and leaves nothing where there is none

KEYS[1]  session   hash
KEYS[2]  gone      string
KEYS[3]  indexes   what the keys of the shard's indexes begin with

ARGV[1]  handle
ARGV[2]  notice
ARGV[3]  noticeTtl ms
ARGV[4]  owner     '+' and a user: it ends only if it is this user's; '-': whosever it is

Reply    { now, the session's user, or empty for nobody }; { now } when there is none
]]
local now = now_ms()
if not is_there(KEYS[1]) then return { now } end

local user = redis.call('HGET', KEYS[1], FACTS.userId)
if ARGV[4] ~= '-' and (not user or ARGV[4] ~= '+' .. user) then return { now } end

user = user or ''
end_session(KEYS[1], KEYS[3] .. user, KEYS[2], ARGV[1], ARGV[2], ARGV[3], now)
return { now, user }
