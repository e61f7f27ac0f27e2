using System.Text.RegularExpressions;
using EventCluster.Abstractions.Store;
using EventCluster.Faults.Images;
using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Faults.Damage;

/// <summary>
/// Opens a store on damaged files, reads everything, compares it with what was acknowledged, stops it, and does so again.
/// </summary>
internal static partial class Judge
{
    /// <summary>The verdict, and for <see cref="Verdict.Wrong"/> why.</summary>
    /// <param name="image">What was acknowledged.</param>
    /// <param name="files">The damaged files.</param>
    /// <param name="twice">Starts a second time on what the first start made of them.</param>
    public static (Verdict Verdict, string? Why) Try(StoreImage image, SortedDictionary<string, byte[]> files, bool twice = true)
    {
        var disk = new ImageDisk(files);
        var first = Life(image, disk, files);
        if (!twice || first.Verdict is Verdict.Wrong or Verdict.Refused)
        {
            return (first.Verdict, first.Why);
        }

        var second = Life(image with { States = [first.Served!] }, disk, files: null);
        return second.Verdict switch
        {
            Verdict.Refused => (Verdict.RefusedLater, second.Why),
            Verdict.Wrong => (Verdict.Wrong, $"at the second start: {second.Why}"),
            _ => (first.Verdict, null),
        };
    }

    private static (Verdict Verdict, string? Why, StoreState? Served) Life(
        StoreImage image, ImageDisk disk, SortedDictionary<string, byte[]>? files)
    {
        var scheduler = new DeterministicTaskScheduler(new Random(1));
        var clock = new VirtualTimeProvider();
        LocalDiskLogStore? store = null;
        StoreState? served = null;
        try
        {
            scheduler.RunToEnd(
                async () =>
                {
                    store = await LocalDiskLogStore.OpenAsync(
                        ImageMaker.Options(scheduler), disk, clock, NullLogger<LocalDiskLogStore>.Instance, CancellationToken.None);
                    served = await StoreState.ReadAsync(store);
                    await store.DisposeAsync();
                },
                clock);
        }
        catch (Exception e) when (store is null && e is LogDamagedException or DataDirectoryUnusableException or UnsupportedDataFormatException)
        {
            return JudgeRefusal(e.Message, disk, files);
        }
        catch (Exception e)
        {
            return (Verdict.Wrong, $"{(store is null ? "the start" : "reading")} threw {e}", null);
        }

        if (store!.Health is { IsFinal: true } health)
        {
            return (Verdict.Wrong, $"the store failed: {health.Reason}", null);
        }

        return JudgeState(image, served!);
    }

    private static (Verdict, string?, StoreState?) JudgeState(StoreImage image, StoreState served)
    {
        if (served.Refusals.FirstOrDefault(refusal => !NamesAPlace(refusal)) is { } vague)
        {
            return (Verdict.Wrong, $"a read was refused without a place: {vague}", null);
        }

        for (var i = image.States.Count - 1; i >= 0; i--)
        {
            if (served.Fits(image.States[i]))
            {
                var verdict = i < image.States.Count - 1 ? Verdict.TornTail
                    : served.Refusals.Any() ? Verdict.ReadsRefused
                    : Verdict.Right;
                return (verdict, null, image.States[i]);
            }
        }

        return (Verdict.Wrong, served.Compare(image.States[^1]), null);
    }

    private static (Verdict, string?, StoreState?) JudgeRefusal(
        string message, ImageDisk disk, SortedDictionary<string, byte[]>? files)
    {
        if (!NamesAPlace(message))
        {
            return (Verdict.Wrong, $"refused without a place: {message}", null);
        }

        // Somebody may still repair or salvage what a start did not want.
        return files?.Keys.FirstOrDefault(name => !disk.HasUntouched(name)) is { } touched
            ? (Verdict.Wrong, $"refused, but {touched} was changed or removed by the start that refused: {message}", null)
            : (Verdict.Refused, files is null ? message : null, null);
    }

    /// <summary>One line with the name of a file, be it one that should be there.</summary>
    public static bool NamesAPlace(string message) => !message.Contains('\n', StringComparison.Ordinal) && NamesAFile(message);

    /// <summary>Somewhere in it is the name of a file.</summary>
    public static bool NamesAFile(string text) => FileName().IsMatch(text);

    [GeneratedRegex(
        @"(format\.json|segment-\d+\.log|checkpoint-\d+\.dat|'/[^']*/[^'/]+\.[a-z]+)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();
}
