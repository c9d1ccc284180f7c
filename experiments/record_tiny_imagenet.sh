#!/usr/bin/env bash
# Record the validation images at every epoch of a run of tiny_imagenet.py: DATA RUN STUDY
set -eu
data=$1 run=$2 study=$3
for weights in "$run"/epoch-*.safetensors; do
  epoch=$(basename "$weights" .safetensors); epoch=${epoch#epoch-}
  classblocks record "$study" --name "resnet-epoch-$epoch" --epoch "$((10#$epoch))" \
    --model experiments/tiny_imagenet.py:network --model-name resnet --weights "$weights" \
    --data "$data/val.parquet" --classes "$data/classes.tsv" --hierarchy wordnet \
    --size 64 --mean 0.5 --std 0.25
done
