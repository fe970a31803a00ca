--[[
probe: sets and deletes an absent key, so that Redis sends invalidations to the connections that track this key

KEYS[1]  probe     string, absent before and after the script

Reply    now (ms)
]]
-- The script changes no data, so nothing is replicated.
redis.set_repl(redis.REPL_NONE)
redis.call('SET', KEYS[1], '1')
redis.call('DEL', KEYS[1])
return now_ms()
