--[[
probe: changes a key that holds nothing, so that whoever watches it is told

KEYS[1]  probe     string, gone again when this ends

Reply    now (ms)
]]
-- Nothing is left behind, so replicas need not hear of it.
redis.set_repl(redis.REPL_NONE)
redis.call('SET', KEYS[1], '1')
redis.call('DEL', KEYS[1])
return now_ms()
