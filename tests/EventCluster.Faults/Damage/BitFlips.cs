using System.Diagnostics;
using EventCluster.Faults.Images;
using EventCluster.TestKit;

namespace EventCluster.Faults.Damage;

/// <summary>
/// The instrument: every mutation of every image, on both processors. A case that does not end within the hang guard ends
/// the run.
/// </summary>
internal sealed class BitFlips(FaultsOptions options, TextWriter output)
{
    private static readonly TimeSpan Progress = TimeSpan.FromSeconds(10);

    private const int BytesPerSecondStart = 8;

    private readonly DamageCounts _counts = new();
    private readonly (string Case, long Since)[] _running = new (string, long)[options.Workers];
    private int _bytes;

    /// <summary>Runs to the end; returns passed and failed cases.</summary>
    public async Task<(int Passed, int Failed)> RunAsync()
    {
        var images = ImageMaker.Make(options.Seed);
        foreach (var image in images)
        {
            output.WriteLine($"image '{image.Name}': {image.Bytes} bytes in {image.Files.Count} files, {image.States[^1].Parts.Count} "
                + $"heads and blocks, {image.States.Count} states that a start may serve");
            ProveItself(image);
        }

        foreach (var image in images)
        {
            await RunAsync(image);
        }

        await RunServersAsync(images);
        _counts.Write(output);
        return (_counts.Total - _counts.Wrong, _counts.Wrong);
    }

    /// <summary>
    /// An undamaged image must pass, and one of which an event is said to be acknowledged that was never stored must not: an
    /// instrument that cannot fail shows nothing.
    /// </summary>
    private void ProveItself(StoreImage image)
    {
        Count(image, "undamaged", "nothing is damaged", Judge.Try(image, image.Files));
        var pretended = new StatePart(image.States[^1].Parts[^1].Stream, long.MaxValue, "never stored"u8.ToArray());
        var more = image with { States = [.. image.States.Select(state => new StoreState([.. state.Parts, pretended]))] };
        var (verdict, _) = Judge.Try(more, image.Files);
        (Verdict, string?) proof = verdict == Verdict.Wrong ? (Verdict.Right, null) : (Verdict.Wrong, $"the check says {verdict}");
        Count(image, "pretended", "an event that was never stored is not missed", proof);
    }

    private async Task RunAsync(StoreImage image)
    {
        var random = new Random(options.Seed);
        var all = Mutations.OfFiles(image).Concat(Mutations.OfLengths(image)).Concat(Mutations.OfBytes(image, random));
        if (options.Cases is { } cases)
        {
            // Whole files are few; of the rest as many as wanted are drawn.
            Mutation[] drawn = [.. Mutations.OfLengths(image), .. Mutations.OfBytes(image, random)];
            random.Shuffle(drawn);
            all = Mutations.OfFiles(image).Concat(drawn.Take(cases));
        }

        using var source = all.GetEnumerator();
        var threads = Enumerable.Range(0, options.Workers).Select(worker => Task.Factory.StartNew(
            () => Work(worker, image, source), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        await ReportUntilAsync(Task.WhenAll(threads), image.Name);
    }

    /// <summary>The real server on drawn mutations of every kind: kinds of few cases are drawn as often as those of many.</summary>
    private async Task RunServersAsync(IReadOnlyList<StoreImage> images)
    {
        var random = new Random(options.Seed);
        var pools = images.SelectMany(image => Mutations.OfFiles(image).Concat(Mutations.OfLengths(image)).Concat(Mutations.OfBytes(image, random))
            .GroupBy(mutation => mutation.Kind, (kind, all) => (Image: image, All: all.ToArray()))).ToArray();
        var next = 0;
        var work = Task.WhenAll(Enumerable.Range(0, options.Workers).Select(_ => Task.Run(async () =>
        {
            while (Draw() is { } drawn)
            {
                if (drawn.Mutation.Apply(drawn.Image) is { } files)
                {
                    Count(drawn.Image, "server " + drawn.Mutation.Kind, drawn.Mutation.Text, await ServerJudge.TryAsync(drawn.Image, files));
                }
            }
        })));
        await ReportUntilAsync(work, "servers");

        (StoreImage Image, Mutation Mutation)? Draw()
        {
            lock (random)
            {
                var (image, all) = pools[random.Next(pools.Length)];
                return next++ < options.Servers ? (image, all[random.Next(all.Length)]) : null;
            }
        }
    }

    private async Task ReportUntilAsync(Task work, string name)
    {
        while (await Task.WhenAny(work, Task.Delay(Progress, TimeProvider.System)) != work)
        {
            output.WriteLine($"{name}: {_counts.Total} cases so far, {_counts.Wrong} wrong");
            EndIfHanging();
        }

        await work;
    }

    private void Work(int worker, StoreImage image, IEnumerator<Mutation> source)
    {
        while (true)
        {
            Mutation mutation;
            bool twice;
            lock (source)
            {
                if (!source.MoveNext())
                {
                    _running[worker] = default;
                    return;
                }

                mutation = source.Current;

                // A second start shows what the first one did to the files; one byte in many says as much as all of them.
                twice = mutation is not ByteMutation || ++_bytes % BytesPerSecondStart == 0;
            }

            if (mutation.Apply(image) is { } files)
            {
                _running[worker] = (mutation.Text, Stopwatch.GetTimestamp());
                Count(image, mutation.Kind, mutation.Text, Judge.Try(image, files, twice));
            }
        }
    }

    private void Count(StoreImage image, string kind, string text, (Verdict Verdict, string? Why) judged)
    {
        if (_counts.Add($"{image.Name} {kind}", judged.Verdict) && judged.Why is not null)
        {
            lock (output)
            {
                output.WriteLine($"{judged.Verdict}: seed {options.Seed}, {image.Name}, {text}: {judged.Why}");
            }
        }
    }

    private void EndIfHanging()
    {
        foreach (var (text, since) in _running)
        {
            if (text is not null && Stopwatch.GetElapsedTime(since) > Phase.HangGuard)
            {
                output.WriteLine($"WRONG: seed {options.Seed}: hangs: {text}");
                output.WriteLine($"{_counts.Total - _counts.Wrong} passed, {_counts.Wrong + 1} failed");
                Environment.Exit(1);
            }
        }
    }
}
