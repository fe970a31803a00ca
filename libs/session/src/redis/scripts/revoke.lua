--[[
revoke: ends one session, whosever it is, and leaves nothing where there is none

KEYS[1]  session   hash
KEYS[2]  gone      string
KEYS[3]  indexes   what the keys of the shard's indexes begin with

ARGV[1]  handle
ARGV[2]  notice
ARGV[3]  noticeTtl ms

Reply    { now, the session's user, or empty for nobody }; { now } when it was gone already
]]
local now = now_ms()
if not absolute_end_of(KEYS[1]) then return { now } end

local user = redis.call('HGET', KEYS[1], 'u') or ''
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[3] .. user, ARGV[1])
leave_notice(KEYS[2], ARGV[2], ARGV[3], now)
return { now, user }
