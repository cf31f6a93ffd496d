# shellcheck shell=bash
# ruby: hashes, strings, a tree, JSON, big numbers, threads and fibers, with
# its own collector above malloc.
# set: quick
prepare()
{
	text_make 12000 9 >words.txt
	cat >work.rb <<'END'
require 'json'
require 'digest'
rows = File.readlines(ARGV[0] + '/words.txt').map do |line|
  f = line.split
  { 'id' => f[0].to_i, 'words' => f[1..-2], 'n' => f[-1].to_i }
end
text = JSON.generate(rows)
raise 'json' unless JSON.parse(text) == rows
puts "json #{text.size} #{Digest::SHA256.hexdigest(text)}"
count = Hash.new(0)
rows.each { |r| r['words'].each { |w| count[w.to_sym] += 1 } }
p count.sort_by { |w, n| [-n, w] }.first(4)
puts text.gsub(/"([aeiou]\w*)"/) { $1.upcase }.sum
Node = Struct.new(:key, :left, :right)
root = Node.new(5000)
x = 12345
20000.times do
  x = (x * 1103515245 + 12345) % 2147483648
  at = root
  loop do
    side = x < at.key ? :left : :right
    if at[side].nil?
      at[side] = Node.new(x)
      break
    end
    at = at[side]
  end
end
def depth(n) = n ? 1 + [depth(n.left), depth(n.right)].max : 0
puts "depth #{depth(root)}"
puts (1..1500).inject(:*).to_s.sum
out = Array.new(4) do |i|
  Thread.new { (1..6000).map { |k| "#{i}-#{k}" * (k % 20) }.join.size }
end
p out.map(&:value)
f = Array.new(200) { |i| Fiber.new { 10.times { |k| Fiber.yield i * k }; -1 } }
p 11.times.map { f.sum(&:resume) }
GC.start
GC.compact if GC.respond_to?(:compact)
s = +''
200_000.times { |i| s << (97 + i % 26) }
puts Digest::MD5.hexdigest(s), `echo child`.strip
END
}
run()
{
	under_test ruby "$INPUT/work.rb" "$INPUT"
}
