--[[
rotate: exchanges the token of a session for its successor, once, however many ask for it

KEYS[1]  session   hash

ARGV[1]  handle    which is the verifier of the token that the session began with
ARGV[2]  from      verifier of the token that the client holds
ARGV[3]  to        verifier of its successor
ARGV[4]  nonce     that leads from the one to the other
ARGV[5]  tagKey    taken when the session has none yet

Reply    { now, { rotated at, current, previous, end of grace, nonce, tagKey } } as they are now: the exchange takes
         place only if `from` is the token in use and the one before it is good no more; { 0 } when the session is
         gone
]]
local session = KEYS[1]
if not absolute_end_of(session) then return { 0 } end

local now = now_ms()
local current = redis.call('HGET', session, 'h') or ARGV[1]
local grace_end = redis.call('HGET', session, 'g')
local is_previous_good = grace_end and (grace_end == '0' or tonumber(grace_end) > now)
if current == ARGV[2] and not is_previous_good then
  redis.call('HSETNX', session, 'q', ARGV[5])
  redis.call('HSET', session, 'r', now, 'h', ARGV[3], 'o', ARGV[2], 'g', '0', 'n', ARGV[4])
end
return { now, redis.call('HMGET', session, 'r', 'h', 'o', 'g', 'n', 'q') }
