--[[
find: reads a session, or why there is none

KEYS[1]  session   hash
KEYS[2]  gone      string, of the session
KEYS[3]  gone      string, of the token; not given where that is the same

Reply    { 'session', names and values in turn }
         { 'absent', what the notices hold, empty where there is none }
         { 'other' } when the key holds something else
]]
if is_there(KEYS[1]) then return { 'session', redis.call('HGETALL', KEYS[1]) } end
if redis.call('TYPE', KEYS[1]).ok ~= 'none' then return { 'other' } end

-- What a notice holds; empty where there is none.
local function notice_of(gone)
  local notice = gone and redis.pcall('GET', gone)
  return type(notice) == 'string' and notice or ''
end

return { 'absent', notice_of(KEYS[2]), notice_of(KEYS[3]) }
