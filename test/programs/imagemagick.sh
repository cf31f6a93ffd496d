# shellcheck shell=bash
# convert: aligned pixel caches of tens of megabytes, OpenMP threads, several
# formats.
# set: quick
prepare()
{
	awk 'BEGIN { w = 700; h = 500
		printf "P3\n%d %d\n255\n", w, h
		for (y = 0; y < h; y++)
			for (x = 0; x < w; x++)
				print (x * y) % 256, (x + y) % 256, \
					int(x * x / (y + 1)) % 256 }' >in.ppm
}
run()
{
	local convert=convert-im6.q16

	under_test $convert "$INPUT/in.ppm" -resize 1400x1000 \
		-gaussian-blur 0x2 -rotate 7 -strip big.ppm
	under_test $convert big.ppm -resize 30% -quality 85 -strip small.jpg
	under_test $convert small.jpg -colorspace gray -edge 1 -negate \
		-depth 8 edge.pgm
	under_test $convert "$INPUT/in.ppm" -resize 200x -colors 32 \
		-define png:exclude-chunks=date,time -strip out.png
	under_test $convert out.png -flop -depth 8 out.rgb
	files_sum big.ppm small.jpg edge.pgm out.rgb
	under_test identify-im6.q16 -format '%w %h %k\n' out.png
}
