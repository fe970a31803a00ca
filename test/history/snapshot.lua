#!lua flags=no-writes,allow-cross-slot-keys
--[[
snapshot: what the server holds of a test's sessions, all at one moment

ARGV[1]  prefix    of all keys

Reply    { now (ms), { key, type, ms until it expires or -1, what it holds } ... }: of a session its user, absolute end and idle timeout, of
         an index its members and scores
]]
local time = redis.call('TIME')
local keys = {}
for i, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local type = redis.call('TYPE', key).ok
  local held = {}
  if type == 'hash' then
    local facts, activity = cjson.decode(redis.call('HGET', key, 's')), cjson.decode(redis.call('HGET', key, 'a'))
    held = { redis.call('HGET', key, 'u'), facts[2] + facts[3], string.format('%d', activity[2]) }
  end
  if type == 'zset' then held = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end
  keys[i] = { key, type, redis.call('PTTL', key), held }
end
return { time[1] * 1000 + math.floor(time[2] / 1000), keys }
