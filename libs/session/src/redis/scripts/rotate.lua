--[[
rotate: exchanges the token of a session for its successor, once, however many ask for it

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; not given for a session of nobody

ARGV[1]  handle    which is the verifier of the token that the session began with
ARGV[2]  noticeTtl ms
ARGV[3]  from      verifier of the token that the client holds
ARGV[4]  to        verifier of its successor
ARGV[5]  nonce     that leads from the one to the other
ARGV[6]  tagKey    taken when the session has none yet

Reply    { now, { rotated at, current, previous, end of grace, nonce, tagKey } } as they are now: the exchange takes
         place only if `from` is the token in use and the one before it is good no more; { 0 } when the session is
         gone
]]
local session = KEYS[1]
local now = now_ms()
if not living(session, KEYS[2], ARGV[1], ARGV[2], now) then return { 0 } end

local current = redis.call('HGET', session, ROTATION.current) or ARGV[1]
local grace_end = redis.call('HGET', session, ROTATION.graceEndAt)
local is_previous_good = grace_end and (grace_end == NOT_SEEN or tonumber(grace_end) > now)
if current == ARGV[3] and not is_previous_good then
  redis.call('HSETNX', session, ROTATION.tagKey, ARGV[6])
  redis.call('HSET', session, ROTATION.at, now, ROTATION.current, ARGV[4], ROTATION.previous, ARGV[3],
    ROTATION.graceEndAt, NOT_SEEN, ROTATION.nonce, ARGV[5])
end
return { now, redis.call('HMGET', session, unpack(ROTATION_NAMES)) }
