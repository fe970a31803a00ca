--[[
rotate: replaces the token of a session by its successor, once, even if several requests ask for it concurrently

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; omitted if the session is anonymous

ARGV[1]  handle    the session's key within its shard, which is also the verifier of its first token
ARGV[2]  noticeTtl ms; the lifetime of an end notice
ARGV[3]  from      verifier of the presented token
ARGV[4]  to        verifier of its successor
ARGV[5]  nonce     from which the holder of the old token computes the new one
ARGV[6]  tagKey    stored if the session has none yet

Reply    { now (ms), { rotated at, current, previous, end of grace, nonce, tagKey } }, the state after the script; it rotates
         the token only if `from` is current and the previous token has expired
         { 0 } if there is no live session
]]
local session = KEYS[1]
local now = now_ms()
if not absolute_end_if_live(session, KEYS[2], ARGV[1], ARGV[2], now) then return { 0 } end

local current = redis.call('HGET', session, ROTATION.current) or ARGV[1]
local grace_end = redis.call('HGET', session, ROTATION.graceEndAt)
local is_previous_valid = grace_end and (grace_end == NOT_SEEN or tonumber(grace_end) > now)
if current == ARGV[3] and not is_previous_valid then
  redis.call('HSETNX', session, ROTATION.tagKey, ARGV[6])
  redis.call('HSET', session, ROTATION.at, now, ROTATION.current, ARGV[4], ROTATION.previous, ARGV[3],
    ROTATION.graceEndAt, NOT_SEEN, ROTATION.nonce, ARGV[5])
end
return { now, redis.call('HMGET', session, unpack(ROTATION_NAMES)) }
