using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit;
using EventCluster.TestKit.Disk;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests;

/// <summary>A store on a simulated disk of its own, with small segments, that can be killed and opened again.</summary>
public sealed class StoreFixture(int seed = 1) : IAsyncDisposable
{
    public const string Data = "/data";

    public SimulatedDisk Disk { get; } = new(new Random(seed), TimeProvider.System);

    public LocalDiskLogStore Store { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static LocalDiskOptions Options(
        string path = Data,
        bool flush = true,
        bool restored = false,
        int segmentBytes = LocalDiskOptions.MinSegmentBytes,
        long checkpointEveryBytes = long.MaxValue,
        TimeSpan? sealAfter = null) => new()
        {
            Path = path,
            Flush = flush,
            Restored = restored,
            SegmentBytes = segmentBytes,
            CheckpointEveryBytes = checkpointEveryBytes,
            CompactionBytesPerSecond = int.MaxValue,
            NewStoreId = 42,

            // Far away unless a test is about seals: a test decides itself when the journal goes idle.
            SealAfter = sealAfter ?? TimeSpan.FromHours(1),
            RetryFullAfter = TimeSpan.FromMilliseconds(5),
        };

    public async Task<LocalDiskLogStore> OpenAsync(LocalDiskOptions? options = null, TimeProvider? time = null) =>
        Store = await LocalDiskLogStore.OpenAsync(
            options ?? Options(), Disk.Attach(), time ?? TimeProvider.System, NullLogger<LocalDiskLogStore>.Instance, Cancellation);

    /// <summary>Loses power and opens again.</summary>
    public async Task<LocalDiskLogStore> CrashAndOpenAsync(LocalDiskOptions? options = null)
    {
        Disk.Crash();
        await AbandonAsync();
        return await OpenAsync(options);
    }

    /// <summary>Kills the process, whose writes stay in the page cache, and opens again.</summary>
    public async Task<LocalDiskLogStore> KillAndOpenAsync(LocalDiskOptions? options = null)
    {
        Disk.KillProcess();
        await AbandonAsync();
        return await OpenAsync(options);
    }

    /// <summary>Stops in an orderly way and opens again.</summary>
    public async Task<LocalDiskLogStore> ReopenAsync(LocalDiskOptions? options = null)
    {
        await Store.DisposeAsync();
        return await OpenAsync(options);
    }

    /// <summary>Ends the instance; its handles are dead already when the disk crashed, so it changes nothing.</summary>
    public async Task AbandonAsync() => await Store.DisposeAsync();

    public async Task<LogStoreOwner> OwnAsync(string name) => await LogStoreOwner.OpenAsync(Store, name, Cancellation);

    /// <summary>Creates a stream with one block per argument, events split by spaces.</summary>
    public async Task<LogStoreOwner> CreateAsync(string name, params string[] blocks)
    {
        var owner = await OwnAsync(name);
        await owner.CommitAsync(owner.Next());
        foreach (var block in blocks)
        {
            await owner.AppendAsync(block.Split(' '));
        }

        return owner;
    }

    /// <summary>All events that the store serves of a stream, and its tail.</summary>
    public Task<string> TextAsync(string name) => TextAsync(Store, name);

    /// <summary>All events that a store serves of a stream, and its tail.</summary>
    public static async Task<string> TextAsync(ILogStore store, string name)
    {
        var head = await store.GetHeadAsync(TestData.Name(name), Cancellation);
        if (head is null)
        {
            return "none";
        }

        var texts = new List<string>();
        var next = head.Head.Earliest;
        while (next < head.Head.Tail)
        {
            var infos = await store.ListBlocksAsync(head.Name, next, 1, Cancellation);
            Assert.Single(infos);
            var range = new BlockRange(head.Name, infos[0].Incarnation, next, head.Head.Tail);
            var blocks = await store.ReadAsync(range, 1 << 20, Cancellation);
            Assert.NotEmpty(blocks);
            texts.AddRange(blocks.SelectMany(TestData.Texts));
            next = blocks[^1].EndSequence;
        }

        return string.Join(' ', texts);
    }

    /// <summary>Paths of all files whose names contain a text, in order.</summary>
    public async Task<string[]> FilesAsync(string part, string directory = Data) =>
        [.. (await Disk.ListAsync(directory))
            .Where(name => name.Contains(part, StringComparison.Ordinal))
            .Select(name => $"{directory}/{name}")];

    /// <summary>Where the bytes of a payload lie.</summary>
    public async Task<(string Path, int Offset)> FindAsync(string text, string directory = Data)
    {
        foreach (var path in await FilesAsync("segment-", directory))
        {
            var offset = Disk.ReadAllBytes(path).AsSpan().LastIndexOf(TestData.Payload(text).Span);
            if (offset >= 0)
            {
                return (path, offset);
            }
        }

        throw new InvalidOperationException($"'{text}' is in no segment.");
    }

    public async ValueTask DisposeAsync()
    {
        if (Store is not null)
        {
            await Store.DisposeAsync();
        }
    }
}
