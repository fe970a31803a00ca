--[[
find: reads a session, or why there is none

KEYS[1]  session   hash

ARGV[1]  handle    of the session
ARGV[2]  mark      handle under which the end of the token may be noted, too; empty where that is the same

Reply    { 'session', names and values in turn }
         { 'absent', what the notices hold, empty where there is none }
         { 'other' } when the key holds something else
]]
if is_there(KEYS[1]) then return { 'session', redis.call('HGETALL', KEYS[1]) } end
if redis.call('TYPE', KEYS[1]).ok ~= 'none' then return { 'other' } end

-- What a notice holds; empty where there is none.
local function notice_of(handle)
  local notice = handle ~= '' and redis.pcall('GET', gone_beside(KEYS[1], ARGV[1], handle))
  return type(notice) == 'string' and notice or ''
end

return { 'absent', notice_of(ARGV[1]), notice_of(ARGV[2]) }
