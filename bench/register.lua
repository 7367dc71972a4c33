-- Households that move into a hamlet, for wrk: as many writes as the connections can send.
local query = 'mutation { registerHousehold(input: { hamlet: {code: "31333001"}, ' ..
  'composition: {members: 4, adults: 3, workingAge: 2}, head: {name: "Nguyễn Thị Bưởi"}, ' ..
  'registeredOn: "2022-06-01" }) { household { code } errors { code path message } } }'

wrk.method = "POST"
wrk.path = "/graphql"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"query":"' .. query:gsub('"', '\\"') .. '"}'

-- An answer with errors must not pass for a fast one.
response = function(status, headers, answer)
  if not answer:find('"errors":[]', 1, true) then
    print("faulty answer: " .. answer:sub(1, 300))
    wrk.thread:stop()
  end
end
