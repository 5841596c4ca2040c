-- Every request is for another call, so every one starts a session.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local report = require("report")
-- calls of one run are not those of another
local run = os.time()
local counter = 0
done = report.done

request = function()
  counter = counter + 1
  return wrk.format("POST", "/v2/calls/v3:call-" .. run .. "-" .. counter .. "/actions/siprec_start", report.headers, report.body)
end
