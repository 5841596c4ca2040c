-- One parameter of the documented body is wrong: one error in the answer.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local report = require("report")
local body = '{"connector_name":"my-siprec-connector","siprec_track":"sideways","client_state":"aGF2ZSBhIG5pY2UgZGF5ID1d"}'
done = report.done

request = function()
  return wrk.format("POST", "/v2/calls/v3:one-call/actions/siprec_start", report.headers, body)
end
