#!/bin/sh
# Makes the media that `swath serve --demo` serves. They are committed; run this only to change them.
#
#     crates/swath/demo/make.sh [OUTPUT-DIRECTORY]
#
# Needs (all in Debian): ffmpeg, ghostscript, qpdf, fonts-dejavu-core. Everything here is our own work,
# under the licence of the project; nothing comes from anywhere else.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
mono=/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf
bold=/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

seconds=90
width=1280
height=720

# --- The film: a plate that changes its colour every ten seconds, a clock, a strip that fills, colour bars.
# A seek is seen three ways at once: clock, strip and colour. The lit square moves on once per second, with the note.
clock="%{eif\:trunc(t/60)\:d\:2}\:%{eif\:trunc(mod(t\,60))\:d\:2}.%{eif\:trunc(mod(t*10\,10))\:d\:1}"
labels=""
n=0
while [ "$n" -le 9 ]; do
    labels="$labels,drawtext=fontfile=$mono:text='$((n * 10))':fontsize=26:fontcolor=white@0.75:x=80+$n*1120/9-tw/2:y=520"
    n=$((n + 1))
done
steps=""
n=0
while [ "$n" -le 9 ]; do
    steps="$steps,drawbox=x=$((80 + n * 1092 / 9)):y=408:w=28:h=28:color=white@0.16:t=fill"
    n=$((n + 1))
done
bars=""
n=0
for colour in 0xE6E6E6 0xE8C547 0x3EC1D3 0x4CAF6D 0xB565C9 0xE05A5A 0x4A6FE3 0x1A1A1A; do
    bars="$bars,drawbox=x=$((n * 160)):y=632:w=160:h=88:color=$colour:t=fill"
    n=$((n + 1))
done
ticks=""
n=1
while [ "$n" -lt 90 ]; do
    ticks="$ticks,drawbox=x=$((n * 1120 / 90)):y=0:w=1:h=36:color=black@0.35:t=fill"
    n=$((n + 1))
done

# The note: a pentatonic figure, one note per second, each dying away; its key rises with each ten seconds.
degree="mod(floor(t)*3,5)"
pitch="220*pow(2,($degree*2+gte($degree,3)+floor(t/10))/12)"
note="0.14*min(1,mod(t,1)*80)*exp(-3.2*mod(t,1))*(sin(2*PI*$pitch*mod(t,1))+0.3*sin(4*PI*$pitch*mod(t,1)))"

ffmpeg -hide_banner -loglevel error -y \
    -f lavfi -i "color=c=0x1E4E79:s=${width}x${height}:r=25:d=$seconds" \
    -f lavfi -i "color=c=0xF2F2F2:s=1120x36:r=25:d=$seconds" \
    -f lavfi -i "color=c=0x14181D:s=1120x36:r=25:d=$seconds" \
    -f lavfi -i "color=c=0xF2F2F2:s=28x28:r=25:d=$seconds" \
    -f lavfi -i "aevalsrc='$note':s=24000:d=$seconds" \
    -filter_complex "
        [0:v]hue=h='floor(t/10)*40',drawbox=x=0:y=0:w=iw:h=84:color=black@0.30:t=fill,drawbox=x=0:y=592:w=iw:h=40:color=black@0.30:t=fill
            $steps$bars[plate];
        [2:v][1:v]overlay=x='-w+w*t/$seconds':y=0:eval=frame$ticks[strip];
        [plate][strip]overlay=x=80:y=472[filled];
        [filled][3:v]overlay=x='80+floor(mod(floor(t),10)*1092/9)':y=408:eval=frame,
            drawtext=fontfile=$bold:text='$clock':fontsize=250:fontcolor=white:x=(w-tw)/2:y=140:fix_bounds=0,
            drawtext=fontfile=$bold:text='swath':fontsize=34:fontcolor=white:x=80:y=27,
            drawtext=fontfile=$mono:text='test film, $seconds seconds':fontsize=26:fontcolor=white@0.75:x=212:y=32,
            drawtext=fontfile=$mono:text='frame %{eif\:n\:d\:4}':fontsize=26:fontcolor=white@0.75:x=w-tw-80:y=32
            $labels,scale=960:540:flags=lanczos,format=yuv420p[v]" \
    -map '[v]' -map 4:a \
    -c:v libx264 -profile:v high -level 3.1 -preset veryslow -refs 4 -crf 31 -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 \
    -color_primaries bt709 -color_trc bt709 -colorspace bt709 \
    -c:a aac -b:a 32k -ac 1 \
    -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact "$work/film.mp4"

# One encode, muxed twice: the same samples, and the index (moov) before or after them.
for place in front end; do
    if [ "$place" = front ]; then flags="-movflags +faststart"; else flags=""; fi
    # shellcheck disable=SC2086
    ffmpeg -hide_banner -loglevel error -y -i "$work/film.mp4" -map 0 -c copy -fflags +bitexact \
        -metadata title="swath test film" $flags "$out/clip-$place.mp4"
done

# Captions for both, a cue per ten seconds.
{
    printf 'WEBVTT\n'
    n=0
    for word in zero ten twenty thirty forty fifty sixty seventy eighty; do
        end=$((n + 10))
        printf '\n%02d:%02d.000 --> %02d:%02d.000 line:14%%\nFrom second %s, its own colour and key\n' \
            $((n / 60)) $((n % 60)) $((end / 60)) $((end % 60)) "$word"
        n=$end
    done
} >"$work/film.vtt"
for place in front end; do cp "$work/film.vtt" "$out/clip-$place.en.vtt"; done

# --- The book and the drawing: PostScript, drawn by Ghostscript; without dates and random identifiers, so that a second run gives the same files.
fonts=/usr/share/fonts/truetype/dejavu
gs -q -dSAFER -dBATCH -dNOPAUSE -sDEVICE=pdfwrite -dCompatibilityLevel=1.7 \
    -dOmitInfoDate=true -dOmitID=true -dOmitXMP=true -sFONTPATH="$fonts" -sOutputFile="$work/book.pdf" "$here/book.ps"
# Linearised: the first page and the hint tables come first, so a reader that asks in ranges can go to any page.
qpdf --linearize --deterministic-id --object-streams=generate "$work/book.pdf" "$out/book.pdf"
qpdf --check "$out/book.pdf" | grep -q 'File is linearized'

gs -q -dSAFER -dBATCH -dNOPAUSE -sDEVICE=png16m -r144 -dTextAlphaBits=4 -dGraphicsAlphaBits=4 -sFONTPATH="$fonts" \
    -sOutputFile="$work/ranges.png" "$here/ranges.ps"
ffmpeg -hide_banner -loglevel error -y -i "$work/ranges.png" \
    -vf 'split[a][b];[a]palettegen=max_colors=64:reserve_transparent=0[p];[b][p]paletteuse=dither=none' \
    -compression_level 100 -pred mixed -fflags +bitexact "$out/ranges.png"
ls -l "$out"
