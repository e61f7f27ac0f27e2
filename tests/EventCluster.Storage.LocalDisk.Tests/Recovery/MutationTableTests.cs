using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>
/// Every file of a folder is removed, emptied, cut, swapped, renamed, cleared: the start is refused with the place, or
/// everything is served as it was. What was acknowledged is never missing silently, deletes and trims included.
/// </summary>
public sealed class MutationTableTests
{
    private static readonly string Filler = new('x', 9_000);

    /// <summary>How the store ended before its files are changed.</summary>
    public enum End
    {
        /// <summary>Stopped in an orderly way.</summary>
        Stopped,

        /// <summary>Stopped, started and stopped again, with nothing appended in between.</summary>
        StoppedTwice,

        /// <summary>Killed when its end was recorded.</summary>
        Killed,
    }

    public static TheoryData<End, bool> Cases => [.. from end in Enum.GetValues<End>()
                                                     from large in new[] { false, true }
                                                     select (end, large)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Open_AnyFileChanged_IsRefusedOrServesEverything(End end, bool large)
    {
        var files = await MakeAsync(end, large);
        var refused = 0;
        foreach (var (what, change) in Mutations(files))
        {
            refused += await OpensRightAsync(files, what, change) ? 0 : 1;
        }

        // What is really lost is refused: removing or emptying any file that holds something.
        Assert.InRange(refused, files.Count * 2, int.MaxValue);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Open_ChangedByChance_IsRefusedOrServesEverything(End end, bool large)
    {
        var files = await MakeAsync(end, large);
        var random = new Random(large ? 1 : 2);
        var names = files.Keys.ToArray();
        for (var round = 0; round < 150; round++)
        {
            var name = names[random.Next(names.Length)];
            var bytes = files[name];
            var at = random.Next(bytes.Length);
            var changed = (byte[])bytes.Clone();
            switch (round % 3)
            {
                case 0:
                    changed = changed[..at];
                    break;
                case 1:
                    changed[at] ^= (byte)random.Next(1, 256);
                    break;
                default:
                    changed.AsSpan(at, Math.Min(random.Next(1, 5_000), bytes.Length - at)).Clear();
                    break;
            }

            await OpensRightAsync(
                files, $"round {round}: {name} changed at byte {at}", copy => copy[name] = changed, mayBeDamagedAtRead: true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Salvage_AfterAnyRefusal_CopiesWhatCanBeRead(bool large)
    {
        var files = await MakeAsync(End.Stopped, large);
        var whole = files.Count;
        foreach (var (what, change) in Mutations(files))
        {
            await using var fixture = await LoadAsync(files, change);
            try
            {
                await fixture.OpenAsync();
                continue;
            }
            catch (IOException)
            {
                // Refused: whatever is left can be copied.
            }

            if (fixture.Disk.ListNow(StoreFixture.Data).All(name => !name.EndsWith(".log", StringComparison.Ordinal)))
            {
                continue;
            }

            var report = await LocalDiskSalvage.RunAsync(
                StoreFixture.Data,
                "/salvaged",
                fixture.Disk.Attach(),
                new ForkStates(),
                TimeProvider.System,
                Microsoft.Extensions.Logging.Abstractions.NullLogger<LocalDiskLogStore>.Instance,
                TestContext.Current.CancellationToken);
            await fixture.OpenAsync(StoreFixture.Options("/salvaged"));
            Assert.True(report.Losses.Count > 0 || report.Events >= 3, what);
            Assert.True(whole > 0);
        }
    }

    private static async Task<SortedDictionary<string, byte[]>> MakeAsync(End end, bool large)
    {
        await using var fixture = new StoreFixture(3);
        await fixture.OpenAsync(StoreFixture.Options(checkpointEveryBytes: 60_000));
        await fixture.CreateAsync("a", "1 2", "3");
        var trimmed = await fixture.CreateAsync("trimmed", "4", "5", "6");
        for (var i = 0; large && i < 30; i++)
        {
            await (await fixture.OwnAsync("big")).AppendAsync($"{i}{Filler}");
        }

        await trimmed.CommitAsync(trimmed.Next() with
        {
            Head = trimmed.Head with { Earliest = 2 },
            Purges = [new SequenceRange(0, 2)],
        });
        await (await fixture.CreateAsync("gone", "7")).RemoveAsync();
        if (end == End.Killed)
        {
            await Phase.UntilAsync("the end is recorded", () => IsRecorded(fixture), TestContext.Current.CancellationToken);
            fixture.Disk.KillProcess();
        }

        await fixture.Store.DisposeAsync();
        if (end == End.StoppedTwice)
        {
            await fixture.OpenAsync();
            await fixture.Store.DisposeAsync();
        }

        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var name in fixture.Disk.ListNow(StoreFixture.Data).Where(name => name != DataFormat.LockFile))
        {
            files[name] = fixture.Disk.ReadAllBytes($"{StoreFixture.Data}/{name}");
        }

        return files;
    }

    /// <summary>Nothing is written behind the newer record's end.</summary>
    private static bool IsRecorded(StoreFixture fixture)
    {
        var bytes = fixture.Disk.ReadAllBytes($"{StoreFixture.Data}/{DataFormat.EndFile}");
        var newest = new[] { bytes[..EndRecord.SlotBytes], bytes[EndRecord.SlotBytes..] }
            .Select(slot => EndRecord.TryRead(slot, 42)).MaxBy(record => record?.Counter ?? 0)!;
        var names = fixture.Disk.ListNow(StoreFixture.Data);
        return DataFormat.Segments(names).Where(id => id >= newest.End.Segment).All(id =>
        {
            var segment = fixture.Disk.ReadAllBytes($"{StoreFixture.Data}/{DataFormat.SegmentFile(id)}");
            var end = id == newest.End.Segment ? (int)newest.End.Offset : SpareMark.Bytes;
            return segment.Length < end || segment.AsSpan(end).IndexOfAnyExcept((byte)0) < 0;
        });
    }

    private static IEnumerable<(string What, Action<SortedDictionary<string, byte[]>> Change)> Mutations(
        SortedDictionary<string, byte[]> files)
    {
        foreach (var name in files.Keys.ToArray())
        {
            var bytes = files[name];
            var used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
            yield return ($"{name} removed", copy => copy.Remove(name));
            yield return ($"{name} emptied", copy => copy[name] = []);
            yield return ($"{name} cleared", copy => copy[name] = new byte[bytes.Length]);
            yield return ($"{name} cut in half", copy => copy[name] = bytes[..(bytes.Length / 2)]);
            yield return ($"{name} cut in half of what is used", copy => copy[name] = bytes[..(used / 2)]);
            yield return ($"{name} without its last used byte", copy => copy[name] = bytes[..(used - 1)]);
            yield return ($"{name} doubled", copy => copy[name] = [.. bytes, .. bytes]);
            yield return ($"{name} renamed", copy => Rename(copy, name, name + ".bak"));
            foreach (var other in files.Keys.Where(other => string.CompareOrdinal(other, name) > 0).ToArray())
            {
                yield return ($"{name} and {other} swapped", copy => (copy[name], copy[other]) = (copy[other], copy[name]));
                yield return ($"{name} over {other}", copy => Rename(copy, name, other));
                yield return ($"{other} over {name}", copy => Rename(copy, other, name));
            }
        }

        foreach (var id in DataFormat.Segments(files.Keys))
        {
            yield return ($"segment {id} renamed to the next free number", copy =>
                Rename(copy, DataFormat.SegmentFile(id), DataFormat.SegmentFile(DataFormat.Segments(copy.Keys).Max() + 1)));
        }

        yield return ("everything but format.json removed", copy => KeepOnly(copy, DataFormat.FormatFile));
        yield return ("everything but format.json and the end record removed", copy =>
            KeepOnly(copy, DataFormat.FormatFile, DataFormat.EndFile));
        yield return ("all segments removed", copy => RemoveAll(copy, "segment-"));
        yield return ("all checkpoints removed", copy => RemoveAll(copy, "checkpoint-"));
    }

    private static void Rename(SortedDictionary<string, byte[]> files, string from, string to)
    {
        files[to] = files[from];
        files.Remove(from);
    }

    private static void KeepOnly(SortedDictionary<string, byte[]> files, params string[] names)
    {
        foreach (var name in files.Keys.Except(names).ToArray())
        {
            files.Remove(name);
        }
    }

    private static void RemoveAll(SortedDictionary<string, byte[]> files, string prefix)
    {
        foreach (var name in files.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToArray())
        {
            files.Remove(name);
        }
    }

    private static Task<StoreFixture> LoadAsync(
        SortedDictionary<string, byte[]> files, Action<SortedDictionary<string, byte[]>> change)
    {
        var copy = new SortedDictionary<string, byte[]>(files, StringComparer.Ordinal);
        change(copy);
        var fixture = new StoreFixture();
        foreach (var (name, bytes) in copy)
        {
            fixture.Disk.WriteAllBytes($"{StoreFixture.Data}/{name}", bytes);
        }

        return Task.FromResult(fixture);
    }

    /// <returns>False when the start was refused.</returns>
    private static async Task<bool> OpensRightAsync(
        SortedDictionary<string, byte[]> files,
        string what,
        Action<SortedDictionary<string, byte[]>> change,
        bool mayBeDamagedAtRead = false)
    {
        await using var fixture = await LoadAsync(files, change);
        try
        {
            await fixture.OpenAsync();
        }
        catch (Exception e) when (e is LogDamagedException or DataDirectoryUnusableException or UnsupportedDataFormatException)
        {
            Assert.DoesNotContain('\n', e.Message);
            Assert.Contains(StoreFixture.Data, e.Message, StringComparison.Ordinal);
            return false;
        }

        try
        {
            Assert.True(await fixture.TextAsync("a") == "1 2 3", $"{what}: a is '{await fixture.TextAsync("a")}'");
            Assert.True(await fixture.TextAsync("trimmed") == "6", $"{what}: trimmed is '{await fixture.TextAsync("trimmed")}'");
            Assert.True(await fixture.TextAsync("gone") == "none", $"{what}: gone is there again");
            var big = files.Values.Sum(bytes => bytes.Length) > 200_000 ? 30 : 0;
            var head = await fixture.Store.GetHeadAsync(TestData.Name("big"), CancellationToken.None);
            Assert.True((head?.Head.Tail ?? 0) == big, $"{what}: big has {head?.Head.Tail} events");
            await fixture.TextAsync("big");
            await (await fixture.OwnAsync("a")).AppendAsync("more");
            await fixture.ReopenAsync();
            Assert.Equal("1 2 3 more", await fixture.TextAsync("a"));
        }
        catch (LogDamagedException e) when (mayBeDamagedAtRead)
        {
            // A rotten block far behind the checkpoint is found by its reader.
            Assert.Contains("sequences", e.Message, StringComparison.Ordinal);
        }

        return true;
    }
}
