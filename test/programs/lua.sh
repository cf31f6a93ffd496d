# shellcheck shell=bash
# lua5.4: tables and strings through realloc only; a collector above it.
# set: quick
prepare()
{
	text_make 25000 17 >words.txt
	cat >work.lua <<'END'
local count, rows = {}, {}
for line in io.lines(arg[1] .. "/words.txt") do
	local row = {}
	for w in line:gmatch("%S+") do
		row[#row + 1] = w
		count[w] = (count[w] or 0) + 1
	end
	rows[#rows + 1] = row
end
local names = {}
for w in pairs(count) do names[#names + 1] = w end
table.sort(names, function(a, b)
	if count[a] ~= count[b] then return count[a] > count[b] end
	return a < b
end)
for i = 1, 4 do print(names[i], count[names[i]]) end
local parts = {}
for i, row in ipairs(rows) do
	parts[i] = table.concat(row, "-"):gsub("[aeiou]", string.upper)
end
local text = table.concat(parts, "\n")
local h = 0
for i = 1, #text, 7 do h = (h * 31 + text:byte(i)) % 4294967296 end
print(#text, h)
local s = ""
for i = 1, 5000 do s = s .. string.char(97 + i % 26) end
print(#s, s:sub(-5))
local root = {key = 0.5}
local x = 1
for _ = 1, 30000 do
	x = (x * 69069 + 12345) % 4294967296
	local key, at = x / 4294967296, root
	while true do
		local side = key < at.key and "l" or "r"
		if not at[side] then at[side] = {key = key} break end
		at = at[side]
	end
end
local function depth(n)
	return n and 1 + math.max(depth(n.l), depth(n.r)) or 0
end
print(depth(root))
local co = {}
for i = 1, 2000 do
	co[i] = coroutine.wrap(function()
		for k = 1, 5 do coroutine.yield(i * k) end
	end)
end
local sum = 0
for _ = 1, 5 do for i = 1, 2000 do sum = sum + co[i]() end end
print(sum)
rows, co, root = nil, nil, nil
collectgarbage()
print(pcall(string.rep, "x", 1 << 40))
END
}
run()
{
	under_test lua5.4 "$INPUT/work.lua" "$INPUT"
}
