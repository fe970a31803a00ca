--[[
list: returns a part of a user's live sessions, latest sign-in first, and removes ended ones from the index

KEYS[1]  index     sorted set, of the user
KEYS[2]  sessions  prefix of the keys of the shard's sessions

ARGV[1]  count     the maximum number of entries to examine
ARGV[2]  after     handle of the last session of the part before; empty for the first part
ARGV[3]  score     score of that session's mark

Reply    { now (ms), { handle, listed values } of each session } if this is the last part
         { now (ms), { handle, listed values } of each session, handle of the last examined entry, score of its mark }
         otherwise
]]
local now = now_ms()
local count = tonumber(ARGV[1])
local first = 0
if ARGV[2] ~= '' then
  -- A session that has ended meanwhile has no rank. The part then begins at its score, so sessions may be returned twice.
  local rank = redis.call('ZRANK', KEYS[1], mark_of(ARGV[2]))
  first = rank and rank + 1 or redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. ARGV[3])
end

local sessions = {}
local marks = redis.call('ZRANGE', KEYS[1], first, first + count - 1, 'WITHSCORES')
local last, score, examined = nil, nil, 0
for i = 1, #marks, 2 do
  if tonumber(marks[i + 1]) >= 0 then break end
  last, score, examined = marks[i]:sub(2), marks[i + 1], examined + 1
  if is_session(KEYS[2] .. last) then
    sessions[#sessions + 1] = { last, listed_values(KEYS[2] .. last) }
  else
    unindex(KEYS[1], last)
  end
end
if examined < count then return { now, sessions } end
return { now, sessions, last, score }
