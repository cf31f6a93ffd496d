# shellcheck shell=bash
# ffmpeg: a made-up film and tone through filters, encoders and decoders in
# threads; aligned frame buffers in pools.
# set: quick
run()
{
	under_test ffmpeg -v error -nostdin -f lavfi \
		-i testsrc2=s=480x320:r=25:d=2 -f lavfi -i sine=440:d=2 \
		-vf 'scale=320:200,hue=h=30,boxblur=2' -threads 2 \
		-c:v mpeg4 -q:v 5 -c:a pcm_s16le -flags +bitexact \
		-fflags +bitexact -y out.avi
	files_sum out.avi
	under_test ffmpeg -v error -nostdin -threads 2 -i out.avi \
		-flags +bitexact -f framemd5 - | sha256sum
	under_test ffprobe -v error -show_entries \
		stream=codec_name,width,height,nb_frames out.avi
}
