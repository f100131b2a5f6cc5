--- Hooks for the option `wait` of a client: how to wait in another event loop. A hook is a
-- function, or a table with these:
--
--   wait(fd, events, seconds, idle)   suspends the running coroutine until the descriptor is
--       readable (events is "r"), or `seconds` have passed. It may return earlier. The
--       descriptor also becomes readable when the seconds have passed, so a loop that knows only
--       descriptors may ignore them. `idle` counts the waits in a row that brought
--       nothing, for a loop that can only look from time to time.
--   gate(clock)   optional: an object for one coroutine to wait at, with `gate:wait(seconds)` and
--       `gate:signal()`, which does not itself run the other coroutine. Of many coroutines, one
--       waits for the descriptor and wakes the others at their gates. `clock.alarm(seconds)` gives
--       one descriptor for all gates of a client, which becomes readable after that time; the hook
--       may keep more in that table. Without gates each of the others waits for its own
--       descriptor, with wait.
--   longest   optional: the most seconds that wait ever takes. For a loop that ends coroutines
--       at will: the sooner a leader is known to be gone, the sooner another takes over.
--   cancel(fd)   optional: the descriptor is about to be closed; wakes the coroutines that wait for
--       it, in the loop's next turn.
--   check()   optional: raises an error where a call cannot wait. Called before anything is sent.
--   leaving()   optional: is the host about to end? Calls then go on for a second at most.
--
-- The smallest is three lines. For a loop with a function `wait_readable(fd, seconds)`:
--
--   webhooks.new { wait = function(fd, events, seconds)
--     loop.wait_readable(fd, seconds)
--   end }
--
-- Each hook is a file, loaded when it is first used; its loop is required then, too.

-- A misspelt hook raises an error, since a nil would make a client without a hook, which blocks.
-- client.new reads `wait`, to see whether the option is a hook itself.
local NAMES = { "copas", "cqueues", "luv", "openresty" }

return require "twilio.webhooks.loading".on_demand("wait", "loops", NAMES, "wait")
