--[[
list: some of a user's sessions, the latest sign-in first; drops from the index those of them that do not live

KEYS[1]  index     sorted set, of the user
KEYS[2]  sessions  what the keys of the shard's sessions begin with

ARGV[1]  count     how many at most
ARGV[2]  after     handle of the session that the ones before ended with, or empty: from the first
ARGV[3]  score     of that session's mark
ARGV     facts     from the fourth on: names of the fields to report

Reply    { now, { handle, facts } of each session }, and when there may be more the handle of the last that was looked
         at and the score of its mark
]]
local now = now_ms()
local count = tonumber(ARGV[1])
local first = 0
if ARGV[2] ~= '' then
  -- One that has ended meanwhile has no place in the order any more: from there on some may come twice.
  local rank = redis.call('ZRANK', KEYS[1], mark_of(ARGV[2]))
  first = rank and rank + 1 or redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[3])
end

local sessions = {}
local marks = redis.call('ZRANGE', KEYS[1], first, first + count - 1, 'WITHSCORES')
local last, score, looked = nil, nil, 0
for i = 1, #marks, 2 do
  if tonumber(marks[i + 1]) >= 0 then break end
  last, score, looked = marks[i]:sub(2), marks[i + 1], looked + 1
  if is_there(KEYS[2] .. last) then
    sessions[#sessions + 1] = { last, redis.call('HMGET', KEYS[2] .. last, unpack(ARGV, 4)) }
  else
    unindex(KEYS[1], last)
  end
end
if looked < count then return { now, sessions } end
return { now, sessions, last, score }
