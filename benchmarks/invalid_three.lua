-- Three parameters are wrong: three errors in the answer.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local report = require("report")
local body = '{"siprec_track":"sideways","client_state":"not base64!","session_timeout_secs":5}'
done = report.done

request = function()
  return wrk.format("POST", "/v2/calls/v3:one-call/actions/siprec_start", report.headers, body)
end
